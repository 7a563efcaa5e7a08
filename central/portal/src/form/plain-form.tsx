// 简单表单: fields, one button, and the faults of both sides in their places: for everything that is typed and sent at once and is no declaration.
// Promises: every fault stands beside its field and in the summary, which leads to it; Enter goes to the next field and never sends; what was sent
// is not sent twice while it is on its way.
import { Alert, Button } from "antd";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Refusal } from "../api/problem.ts";
import { isRequired, type Around, type Field, type Values } from "../declaration/description.ts";
import { faultOf, faultsFrom, type Faults } from "../declaration/draft.ts";
import { FieldBox } from "../declaration/field.tsx";
import { focusField, focusFirst, isComposing, neighbour } from "../declaration/keys.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { Why } from "../declaration/why.tsx";

export interface PlainField extends Field {
  /** Not asked for now: not shown and not sent. */
  absent?: (around: Around) => boolean;
  /** Rules that the centre does not know of, such as a password that is typed twice. */
  judge?: (value: string, values: Values) => Text | null;
}

interface Props {
  fields: PlainField[];
  start?: Values;
  label: Text;
  danger?: boolean;
  /** Fields side by side. */
  columns?: 1 | 2 | 3;
  submit: (values: Values) => Promise<unknown>;
  done?: () => unknown;
  onChange?: (values: Values) => void;
  onDirty?: (dirty: boolean) => void;
  /** Between fields and button. */
  children?: ReactNode;
  /** Beside the button. */
  beside?: ReactNode;
  /** The cursor begins in the first field. */
  focus?: boolean;
}

/** The field that a fault of the centre is about: its own, or the one that holds a member of it. */
const fieldAt = (fields: PlainField[], path: string) => fields.find((field) => field.name === path) ?? fields.find((field) => path.startsWith(`${field.name}[`) || path.startsWith(`${field.name}.`));

export function PlainForm({ fields, start = {}, label, danger, columns = 2, submit, done, onChange, onDirty, children, beside, focus = false }: Props) {
  const say = useSay();
  const [values, setValues] = useState<Values>(start);
  const [faults, setFaults] = useState<Faults>({});
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [hint, setHint] = useState<Text | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const summary = useRef<HTMLDivElement>(null);
  const around = useMemo<Around>(() => ({ header: values, row: {} }), [values]);
  const shown = fields.filter((field) => !field.absent?.(around));
  useEffect(() => {
    if (focus) focusFirst(form.current);
  }, [focus]);
  useEffect(() => {
    if (attempt > 0) summary.current?.focus();
  }, [attempt]);

  const set = (name: string, value: string) => {
    const next = { ...values, [name]: value };
    setValues(next);
    setFaults(({ [name]: _, ...rest }) => rest);
    onChange?.(next);
    onDirty?.(true);
  };
  const send = async () => {
    const found: Faults = {};
    for (const field of shown) {
      const value = values[field.name] ?? "";
      const fault = faultOf(field, value, around);
      const judged = fault ? null : (field.judge?.(value, values) ?? null);
      if (fault) found[field.name] = fault;
      else if (judged) found[field.name] = { text: judged };
    }
    setRefused(null);
    setFaults(found);
    if (Object.keys(found).length > 0) return setAttempt((old) => old + 1);
    setBusy(true);
    try {
      await submit(Object.fromEntries(shown.map((field) => [field.name, values[field.name] ?? ""])));
      setBusy(false);
      onDirty?.(false);
      await done?.();
    } catch (error) {
      const refusal = Refusal.of(error);
      setBusy(false);
      if (refusal.fields.length === 0) setRefused(refusal);
      setFaults(faultsFrom(refusal.fields.map((fault) => ({ ...fault, path: fieldAt(shown, fault.path)?.name ?? fault.path }))));
      setAttempt((old) => old + 1);
    }
  };
  const walk = (event: React.KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if ((event.code !== "Enter" && event.code !== "NumpadEnter") || event.altKey || event.ctrlKey || isComposing(event.nativeEvent)) return;
    if (target.tagName !== "INPUT" || !target.closest("[data-field]") || !form.current) return;
    event.preventDefault();
    const next = neighbour(form.current, target, event.shiftKey) ?? (event.shiftKey ? null : form.current.querySelector<HTMLElement>("button[type=submit]"));
    next?.focus();
  };
  const paths = Object.keys(faults);
  return (
    <form
      ref={form}
      className="plain-form"
      noValidate
      onKeyDown={walk}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      {(refused !== null || paths.length > 0) && (
        <div className="summary" ref={summary} tabIndex={-1} role="group" aria-label={say(refused ? refused.text : w.faults, { count: paths.length })}>
          <Alert
            type="error"
            showIcon
            role="alert"
            title={refused ? say(refused.text) : say(w.faults, { count: paths.length })}
            description={paths.length > 0 && (
              <ul>
                {paths.map((path) => (
                  <li key={path}>
                    <button type="button" className="link" onClick={() => focusField(form.current, path)}>
                      {[say(fields.find((field) => field.name === path)?.label ?? ["", ""]), say(faults[path]?.text ?? w.fieldRequired)].filter(Boolean).join("：")}
                    </button>
                    {faults[path]?.rule && <Why rule={faults[path].rule} />}
                  </li>
                ))}
              </ul>
            )}
          />
        </div>
      )}
      <div className="grid" data-columns={columns}>
        {shown.map((field) => (
          <FieldBox
            key={field.name}
            field={field}
            path={field.name}
            value={values[field.name] ?? ""}
            required={isRequired(field, around)}
            grey={field.grey?.(around) ?? false}
            shut={false}
            fault={faults[field.name]}
            onChange={(value) => set(field.name, value)}
            onFault={(fault) => setFaults(({ [field.name]: _, ...rest }) => (fault ? { ...rest, [field.name]: fault } : rest))}
            onLeave={() => undefined}
            onHint={setHint}
          />
        ))}
      </div>
      {children}
      <p className="hint-line" aria-live="polite">{hint ? say(hint) : "\u00a0"}</p>
      <div className="actions">
        <Button type="primary" htmlType="submit" danger={danger} loading={busy}>{say(label)}</Button>
        {beside}
      </div>
    </form>
  );
}

// What is sent of a text, of several, of a tick.
export const textOr = (value: string | undefined): string | null => (value?.trim() ? value.trim() : null);
export const ticked = (value: string | undefined): boolean => value === "true";
