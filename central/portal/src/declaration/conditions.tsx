// 查询条件: a grid that folds to one row; Enter queries, reset restores the defaults and does not query (PO-200, PO-201, PO-207).
import { Button } from "antd";
import { useId, useState } from "react";
import { w } from "../words/common.ts";
import { t } from "../words/entry.ts";
import { useSay } from "../words/language.tsx";
import type { FieldFault } from "../api/problem.ts";
import { useEnterprise } from "../session/enterprise.ts";
import { CodeField } from "./code-field.tsx";
import type { Condition } from "./description.ts";
import { isComposing } from "./keys.ts";
import { day } from "./show.ts";
import { TimeBox } from "./time-box.tsx";
import { dateOf } from "./times.ts";

export type Asked = Record<string, string>;

/** Days as they are asked for, however they were typed; a condition that is not there now is not asked either. */
export function settled(conditions: Condition[], typed: Asked): Asked {
  const asked = { ...typed };
  for (const one of conditions) {
    if (one.is !== "range" && one.when && !one.when(typed)) delete asked[one.name];
    if (one.is !== "range") continue;
    for (const name of [one.from, one.to]) asked[name] = dateOf(asked[name] ?? "") ?? asked[name] ?? "";
  }
  return asked;
}

/** So many days back to today, or on from today. */
function span({ from, to, ahead }: { from: string; to: string; ahead?: boolean | undefined }, days: number): Asked {
  return ahead ? { [from]: day(), [to]: day(-days) } : { [from]: day(days), [to]: day() };
}

/** What a range begins with, and reset returns to. */
export function defaults(conditions: Condition[]): Asked {
  const asked: Asked = {};
  for (const one of conditions) {
    if (one.is === "code" && one.default !== undefined) asked[one.name] = one.default;
    if (one.is !== "range" || one.defaultDays === undefined) continue;
    Object.assign(asked, span(one, one.defaultDays));
  }
  return asked;
}

interface Props {
  conditions: Condition[];
  typed: Asked;
  faults: FieldFault[];
  onChange: (typed: Asked) => void;
  onQuery: () => void;
  onReset: () => void;
}

/** How many stand in the one row that is left when the rest is folded. */
const IN_A_ROW = 4;

export function Conditions({ conditions, typed, faults, onChange, onQuery, onReset }: Props) {
  const say = useSay();
  // A form that would fill the screen begins folded.
  const long = conditions.length > 2 * IN_A_ROW || window.innerWidth < 768;
  const [folded, setFolded] = useState(long);
  const set = (name: string, value: string) => onChange({ ...typed, [name]: value });
  const there = conditions.filter((one) => one.when?.(typed) ?? true);
  const shown = folded ? there.slice(0, window.innerWidth < 768 ? 2 : IN_A_ROW) : there;
  return (
    <form
      className="conditions"
      role="search"
      aria-label={say(w.conditions)}
      onSubmit={(event) => {
        event.preventDefault();
        onQuery();
      }}
      onKeyDown={(event) => {
        if (event.code !== "Enter" || isComposing(event.nativeEvent) || (event.target as HTMLElement).tagName !== "INPUT") return;
        event.preventDefault();
        onQuery();
      }}
    >
      <div className="grid">
        {shown.map((one) => (
          <ConditionBox key={one.name} condition={one} typed={typed} faults={faults} set={set} setAll={onChange} />
        ))}
      </div>
      <div className="actions">
        <Button type="primary" htmlType="submit">{say(w.query)}</Button>
        <Button type="primary" onClick={onReset}>{say(w.reset)}</Button>
        {long && (
          <Button type="link" aria-expanded={!folded} onClick={() => setFolded(!folded)}>{say(folded ? w.more : w.fewer)}</Button>
        )}
      </div>
    </form>
  );
}

interface BoxProps {
  condition: Condition;
  typed: Asked;
  faults: FieldFault[];
  set: (name: string, value: string) => void;
  setAll: (typed: Asked) => void;
}

function ConditionBox({ condition, typed, faults, set, setAll }: BoxProps) {
  const say = useSay();
  const id = useId();
  const [unknown, setUnknown] = useState("");
  const [isWrong, setWrong] = useState({ from: false, to: false });
  const names = condition.is === "range" ? [condition.from, condition.to] : [condition.name];
  const fault = faults.find((one) => names.includes(one.path));
  const said = fault ? say([fault.message, fault.message_en]) : unknown ? say(w.codeUnknown) : isWrong.from || isWrong.to ? say(t.dateWrong) : null;
  const enterprise = useEnterprise();
  const required = condition.is === "text" ? condition.required?.(typed) === true : condition.is !== "own" && condition.required === true;
  const aria = { "aria-required": required || undefined, "aria-invalid": said ? true : undefined, "aria-describedby": said ? `${id}-fault` : undefined };
  const ground = condition.is === "own" ? "grey" : required ? "yellow" : "white";
  return (
    <div className="field" data-field={condition.name} data-ground={ground} data-fault={said ? true : undefined} data-span={condition.is === "range" ? 2 : 1}>
      <label htmlFor={id}>
        {required && <span className="asterisk" aria-hidden>*</span>}
        {say(condition.label)}
        {condition.is === "range" && condition.mostDays !== undefined && say(w.spanLimit, { days: condition.mostDays })}
      </label>
      <div className="field-box">
        {condition.is === "text" && <input {...aria} id={id} className="box" autoComplete="off" maxLength={condition.max} value={typed[condition.name] ?? ""} onChange={(event) => set(condition.name, event.target.value)} />}
        {condition.is === "own" && <input id={id} className="box" readOnly tabIndex={-1} aria-readonly value={enterprise?.[condition.member] ?? ""} />}
        {condition.is === "code" && <CodeField id={id} of={condition.of} value={typed[condition.name] ?? ""} onChange={(code) => set(condition.name, code)} onUnknown={setUnknown} aria={aria} />}
        {condition.is === "range" && (
          <div className="range">
            <TimeBox of="date" value={typed[condition.from] ?? ""} shared={{ ...aria, id, className: "box", autoComplete: "off" }} onChange={(value) => set(condition.from, value)} onWrong={(wrong) => setWrong({ ...isWrong, from: wrong })} />
            <span aria-hidden>–</span>
            <TimeBox of="date" value={typed[condition.to] ?? ""} shared={{ ...aria, className: "box", autoComplete: "off", "aria-label": `${say(condition.label)} ${say(w.to)}` }} onChange={(value) => set(condition.to, value)} onWrong={(wrong) => setWrong({ ...isWrong, to: wrong })} />
            <span className="presets">
              {[0, 7, 15, 30].filter((days) => days <= (condition.mostDays ?? Infinity)).map((days) => (
                <button key={days} type="button" className="link" onClick={() => setAll({ ...typed, ...span(condition, days) })}>
                  {days === 0 ? say(w.today) : say(w.days, { days })}
                </button>
              ))}
            </span>
          </div>
        )}
        {said && <span className="fault" id={`${id}-fault`} role="alert">{said}</span>}
      </div>
    </div>
  );
}
