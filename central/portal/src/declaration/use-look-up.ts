// 查找返填: what the centre tells of a value once its field is left: what it fills in, or what stands against it (AC-041, AC-094).
// Promises: an answer that comes after the value has changed again is dropped; a value is asked for once.
import { App } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { Refusal, saidOf } from "../api/problem.ts";
import { useSay } from "../words/language.tsx";
import type { Field, Values } from "./description.ts";
import type { Fault } from "./field.tsx";

interface Props {
  fields: Field[];
  /** What the form opens with; what a record has already was looked up before. */
  start: Values;
  isKnown: boolean;
  setFault: (path: string, fault: Fault | null) => void;
}

export function useLookUps({ fields, start, isKnown, setFault }: Props) {
  const say = useSay();
  const { modal } = App.useApp();
  const [found, setFound] = useState<Record<string, Values>>({});
  const asked = useRef<Values>(isKnown ? start : {});

  const look = useCallback(
    async (field: Field, value: string) => {
      const { lookUp, name } = field;
      const text = value.trim();
      if (!lookUp || asked.current[name] === text) return;
      asked.current[name] = text;
      setFound(({ [name]: _, ...rest }) => (lookUp.fills ? { ...rest, [name]: Object.fromEntries(lookUp.fills.map((filled) => [filled, ""])) } : rest));
      if (text === "") return;
      try {
        const values = await lookUp.ask(text);
        if (asked.current[name] === text) setFound((old) => ({ ...old, [name]: values }));
      } catch (error) {
        if (asked.current[name] !== text) return;
        const refusal = Refusal.of(error);
        if (refusal.status === 0) {
          // Nobody answered: it is asked again the next time, and the save judges it in any case.
          asked.current[name] = "";
          return;
        }
        const against = refusal.fields.length > 0 ? refusal.fields.map((fault) => ({ text: saidOf(fault), rule: fault.rule })) : [{ text: refusal.text, rule: undefined }];
        setFault(name, against[0] ?? null);
        const isForm = refusal.fields.every((fault) => fault.code === "PO_FIELD_FORMAT" || fault.code === "PO_CODE_UNKNOWN");
        if (lookUp.popUp && !isForm) modal.error({ title: against.map((one) => say(one.text)).join(" "), content: text });
      }
    },
    [modal, say, setFault],
  );

  useEffect(() => {
    if (isKnown) return;
    for (const field of fields) void look(field, start[field.name] ?? "");
    // Only on opening: afterwards leaving the field asks.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  /** The given fields that were filled in; blank again while their value is another one. */
  const filled: Values = Object.fromEntries(Object.values(found).flatMap((values) => Object.entries(values)));
  return { filled, look };
}
