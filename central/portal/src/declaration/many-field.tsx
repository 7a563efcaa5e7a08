// 多值: several codes, days or texts in one field: what was taken stands as a row of marks, each with a button that takes it away.
// Promises: Enter, a comma or leaving the box takes what is typed; a text that is no entry of the table is told and stays to be corrected.
import { CloseOutlined } from "@ant-design/icons";
import { useState } from "react";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { CodeField } from "./code-field.tsx";
import { CodeName } from "./codes.ts";
import type { CodeTable } from "./description.ts";
import { isComposing } from "./keys.ts";

/** A field of several holds them in one text, as all fields hold texts. */
export const manyOf = (value: string): string[] => value.split(",").filter((one) => one !== "");
export const manyAs = (values: readonly string[]): string => values.join(",");

interface Props {
  id: string;
  of: CodeTable | undefined;
  each: "date" | undefined;
  label: Text;
  value: string;
  closed: boolean;
  onChange: (value: string) => void;
  aria: Record<string, string | boolean | undefined>;
}

export function ManyField({ id, of, each, label, value, closed, onChange, aria }: Props) {
  const say = useSay();
  const [typed, setTyped] = useState("");
  const [unknown, setUnknown] = useState(false);
  const taken = manyOf(value);
  const add = (text: string) => {
    const fresh = text.split(/[\s,，、;；]+/).filter((one) => one !== "" && !taken.includes(one));
    if (fresh.length > 0) onChange(manyAs(each === "date" ? [...taken, ...fresh].sort() : [...taken, ...fresh]));
    setTyped("");
  };
  const remove = (one: string) => onChange(manyAs(taken.filter((other) => other !== one)));
  return (
    <div className="many">
      {taken.map((one) => (
        <span key={one} className="one-of-many">
          {of ? <CodeName of={of} code={one} /> : one}
          {!closed && <button type="button" aria-label={`${say(w.remove)} ${one}`} onClick={() => remove(one)}><CloseOutlined aria-hidden /></button>}
        </span>
      ))}
      {!closed && of && <CodeField id={id} of={of} value="" onChange={(code) => code && add(code)} onUnknown={(text) => setUnknown(text !== "")} aria={aria} />}
      {!closed && !of && (
        <input
          {...aria}
          id={id}
          className="box"
          type={each ?? "text"}
          max={each === "date" ? "9999-12-31" : undefined}
          autoComplete="off"
          aria-label={say(label)}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (isComposing(event.nativeEvent) || typed === "" || (event.code !== "Enter" && event.code !== "NumpadEnter" && event.key !== ",")) return;
            event.preventDefault();
            event.stopPropagation();
            add(typed);
          }}
          onBlur={() => add(typed)}
        />
      )}
      {unknown && <span className="fault" role="alert">{say(w.codeUnknown)}</span>}
    </div>
  );
}
