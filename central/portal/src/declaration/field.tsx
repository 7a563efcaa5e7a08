// 字段: label above, yellow, grey or white ground with an asterisk or a lock, its message at the right of the box (PO-130..PO-138).
import { EyeInvisibleOutlined, EyeOutlined, LockOutlined } from "@ant-design/icons";
import { useContext, useId, useState } from "react";
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { t } from "../words/entry.ts";
import { CodeField } from "./code-field.tsx";
import { useCodeText } from "./codes.ts";
import type { Code, CodeTable, Field } from "./description.ts";
import { FilledContext } from "./filling.ts";
import { selectWhenCome } from "./keys.ts";
import { ManyField } from "./many-field.tsx";
import { codeText } from "./show.ts";
import { TimeBox } from "./time-box.tsx";

/** A counter shows when fewer characters than this are left, and of a short box when it is nearly full. */
const NEAR = 50;
const NEARLY_FULL = 0.2;

export interface Fault {
  text: Text;
  rule?: string | undefined;
}

interface Props {
  field: Field;
  /** Its name in the form; rows put theirs in front. */
  path: string;
  value: string;
  required: boolean;
  grey: boolean;
  /** The whole form is shut: what was declared, and what is only looked at. */
  shut: boolean;
  fault?: Fault | undefined;
  onChange: (value: string) => void;
  /** An entry of its list was taken, whose name another field wants. */
  onNamed?: (name: string) => void;
  onFault: (fault: Fault | null) => void;
  onLeave: () => void;
  kept?: { typed: string | null; onTyped: (text: string | null) => void } | undefined;
  onHint: (hint: Text | null) => void;
}

export function FieldBox({ field, path, value, required, grey, shut, fault, onChange, onNamed, onFault, onLeave, onHint, kept }: Props) {
  const say = useSay();
  const id = useId();
  const [focused, setFocused] = useState(false);
  const { filled, look } = useContext(FilledContext);
  const isFilled = filled.has(path);
  const { kind } = field;
  const closed = grey || shut || field.given === true;
  const max = kind.is === "text" || kind.is === "area" ? kind.max : undefined;
  const left = max === undefined ? Infinity : max - [...value].length;
  const aria = {
    "aria-required": required || undefined,
    "aria-invalid": fault ? true : undefined,
    "aria-describedby": fault ? `${id}-fault` : undefined,
    "aria-readonly": closed || undefined,
  };
  const shared = {
    ...aria,
    id,
    className: "box",
    value,
    readOnly: closed,
    tabIndex: closed ? -1 : undefined,
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => onChange(event.target.value),
    onFocus: (event: React.FocusEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      if (kind.is !== "area") selectWhenCome(event.target);
    },
    onPaste: (event: React.ClipboardEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      // Numbers are copied out of letters and lists, with blanks and hyphens that are none of theirs.
      if (kind.is === "number" || (kind.is === "text" && kind.lead === "code")) {
        event.preventDefault();
        onChange(event.clipboardData.getData("text").replace(/[\s\u3000\-_,]/g, ""));
      }
    },
  };
  let box;
  if (kind.is === "code" && !closed) {
    const unknown = (text: string) => onFault(text ? { text: w.codeUnknown, rule: "PO-169" } : null);
    box = <CodeField id={id} of={kind.of} value={value} onChange={onChange} onTake={(code) => onNamed?.(code.name[0])} onUnknown={unknown} aria={aria} kept={kept} />;
  } else if (kind.is === "code") {
    box = <ShownCode shared={shared} of={kind.of} code={value} />;
  } else if (kind.is === "flag") {
    box = <input id={id} type="checkbox" className="tick-box" aria-label={say(field.label)} checked={value === "true"} disabled={closed} onChange={(event) => onChange(String(event.target.checked))} />;
  } else if (kind.is === "many") {
    box = <ManyField id={id} of={kind.of} each={kind.each} label={field.label} value={value} closed={closed} onChange={onChange} aria={aria} />;
  } else if (kind.is === "secret") {
    box = <SecretBox shared={shared} known={kind.known === true} />;
  } else if (kind.is === "area") {
    box = <textarea {...shared} rows={2} />;
  } else if (kind.is === "boxes" && !closed) {
    box = <Boxes of={kind.of} id={id} value={value} label={say(field.label)} aria={aria} onChange={onChange} />;
  } else if (kind.is === "boxes") {
    box = <ShownCode shared={shared} of={{ list: kind.of }} code={value} />;
  } else if ((kind.is === "date" || kind.is === "instant") && !closed) {
    box = <TimeBox of={kind.is} value={value} shared={shared} onChange={onChange} onWrong={(wrong) => wrong && onFault({ text: kind.is === "date" ? t.dateWrong : t.momentWrong })} />;
  } else {
    box = <input {...shared} type="text" inputMode={kind.is === "number" ? "decimal" : undefined} />;
  }
  return (
    <div
      className="field"
      data-field={path}
      data-ground={closed ? "grey" : required ? "yellow" : "white"}
      data-fault={fault ? true : undefined}
      data-span={field.span ?? 1}
      data-filled={isFilled || undefined}
      onFocus={() => {
        setFocused(true);
        onHint(field.hint ?? (kind.is === "code" ? w.codeHint : null));
      }}
      onBlur={() => {
        setFocused(false);
        onHint(null);
        if (isFilled) look(path);
        onLeave();
      }}
    >
      <label htmlFor={id}>
        {required && <span className="asterisk" aria-hidden>*</span>}
        {say(field.label)}
        {isFilled && <span className="to-check">{say(w.toCheck)}</span>}
        {closed && field.given && <LockOutlined className="lock" title={say(w.given)} />}
      </label>
      <div className="field-box">
        {box}
        {fault && (
          <span className="fault" id={`${id}-fault`} role="alert">
            {say(fault.text)}
          </span>
        )}
        {kind.is === "area" && kind.bytes && <span className="bytes">{say(t.bytes, { count: bytesOf(value) })}</span>}
        {focused && !closed && left < Math.min(NEAR, (max ?? 0) * NEARLY_FULL) && <span className="counter">{left < 0 ? say(w.tooLong, { max: max ?? 0 }) : say(w.left, { count: left })}</span>}
      </div>
    </div>
  );
}

/** As the manual counts: a sign of ASCII is one byte, any other two (AC-053). */
const bytesOf = (text: string): number => [...text].reduce((sum, sign) => sum + ((sign.codePointAt(0) ?? 0) < 128 ? 1 : 2), 0);

interface BoxesProps {
  of: Code[];
  id: string;
  value: string;
  label: string;
  aria: Record<string, string | boolean | undefined>;
  onChange: (code: string) => void;
}

/** Boxes of which exactly one is ticked; the arrow keys go from one to the other. */
function Boxes({ of, id, value, label, aria, onChange }: BoxesProps) {
  const language = useLanguage();
  return (
    <span {...aria} role="radiogroup" className="box boxes" aria-label={label}>
      {of.map((code, place) => (
        <label key={code.code}>
          <input id={place === 0 ? id : undefined} type="radio" name={id} value={code.code} checked={value === code.code} onChange={() => onChange(code.code)} />
          {codeText(language, code)}
        </label>
      ))}
    </span>
  );
}

/** Hidden as it is typed; a button shows it. */
function SecretBox({ shared, known }: { shared: React.InputHTMLAttributes<HTMLInputElement>; known: boolean }) {
  const say = useSay();
  const [visible, setVisible] = useState(false);
  return (
    <span className="secret">
      <input {...shared} type={visible ? "text" : "password"} autoComplete={known ? "current-password" : "new-password"} />
      <button type="button" aria-label={say(w.showPassword)} aria-pressed={visible} title={say(w.showPassword)} onClick={() => setVisible(!visible)}>
        {visible ? <EyeOutlined aria-hidden /> : <EyeInvisibleOutlined aria-hidden />}
      </button>
    </span>
  );
}

function ShownCode({ shared, of, code }: { shared: React.InputHTMLAttributes<HTMLInputElement>; of: CodeTable; code: string }) {
  const text = useCodeText(of, code);
  return <input {...shared} type="text" value={text} title={text} onChange={() => undefined} />;
}
