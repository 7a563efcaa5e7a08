// 参数项: a box with the list of a code table behind it (PO-156, PO-160, PO-161, PO-166..PO-169).
// Promises: Space opens the list, letters, digits and Chinese search it, Enter takes the entry; one Backspace clears a taken entry; a text that is no
// entry is told on leaving, and stays to be corrected.
import { useEffect, useId, useRef, useState } from "react";
import { w } from "../words/common.ts";
import { t } from "../words/entry.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import { MOST_OFFERED, meant, useCodeText, useOffered } from "./codes.ts";
import type { Code, CodeTable } from "./description.ts";
import { isComposing, selectWhenCome } from "./keys.ts";
import { codeText } from "./show.ts";

interface Props {
  id: string;
  of: CodeTable;
  value: string;
  disabled?: boolean;
  onChange: (code: string) => void;
  /** An entry of the list was taken. */
  onTake?: (code: Code) => void;
  /** A text was left that is no entry; an empty text takes the fault back. */
  onUnknown: (text: string) => void;
  aria: Record<string, string | boolean | undefined>;
  /** PS: Backspace in an empty field opens the list. */
  backspaceOpens?: boolean;
  /** What is typed and not taken yet, where the form keeps it; otherwise this field does. */
  kept?: { typed: string | null; onTyped: (text: string | null) => void } | undefined;
}

export function CodeField({ id, of, value, disabled, onChange, onTake, onUnknown, aria, backspaceOpens, kept }: Props) {
  const say = useSay();
  const language = useLanguage();
  const listId = useId();
  const [own, setOwn] = useState<string | null>(null);
  const { typed, onTyped: setTyped } = kept ?? { typed: own, onTyped: setOwn };
  const latest = useRef(typed);
  useEffect(() => {
    latest.current = typed;
  });
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const { offered, asking } = useOffered(of, typed ?? "", open);
  const taken = useCodeText(of, value);
  const least = "table" in of ? (of.least ?? 0) : 0;
  const tooShort = (typed ?? "").trim().length < least;
  const at = Math.min(place, Math.max(0, offered.length - 1));

  useEffect(() => {
    if (open) box.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [open, at]);

  const take = (code: Code) => {
    onChange(code.code);
    onTake?.(code);
    onUnknown("");
    setTyped(null);
    setOpen(false);
  };
  const clear = () => {
    onChange("");
    onUnknown("");
    setTyped(null);
  };
  const type = (text: string) => {
    setTyped(text);
    setPlace(0);
    setOpen(true);
    if (value) onChange("");
  };
  const leave = () => {
    setOpen(false);
    if (typed === null) return;
    if (typed.trim() === "") return clear();
    // Whoever has come back and typed on meanwhile is not interrupted.
    const found = (code: Code | null) => latest.current === typed && (code ? take(code) : onUnknown(typed));
    void meant(of, typed).then(found, () => found(null));
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (isComposing(event.nativeEvent)) return;
    const { code } = event;
    const own = (act: () => void) => {
      event.preventDefault();
      // The form's own Enter must not hear of it.
      event.stopPropagation();
      act();
    };
    if (open && code === "ArrowDown") return own(() => setPlace(Math.min(at + 1, offered.length - 1)));
    if (open && code === "ArrowUp") return own(() => setPlace(Math.max(at - 1, 0)));
    if (open && code === "Escape") return own(() => setOpen(false));
    if (open && (code === "Enter" || code === "NumpadEnter") && !event.shiftKey) {
      const chosen = offered[at];
      // What is still being asked for is not taken out of the list before: only what was typed in full.
      if (asking) return own(() => void meant(of, typed ?? "").then((code) => code && take(code), () => undefined));
      return own(() => (chosen ? take(chosen) : setOpen(false)));
    }
    if (!open && (code === "Space" || code === "ArrowDown") && !event.altKey && !event.ctrlKey) {
      return own(() => {
        setPlace(0);
        setOpen(true);
      });
    }
    if (code === "Backspace" && value && typed === null) return own(clear);
    if (code === "Backspace" && backspaceOpens && !value && !typed) return own(() => setOpen(true));
    return undefined;
  };
  const text = typed ?? taken;
  return (
    <div className="code-field" ref={box}>
      <input
        {...aria}
        id={id}
        role="combobox"
        className="box"
        autoComplete="off"
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open && offered[at] ? `${listId}-${at}` : undefined}
        value={text}
        title={text}
        disabled={disabled}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
        onClick={() => setOpen(true)}
        onFocus={(event) => selectWhenCome(event.target)}
        onBlur={leave}
      />
      <span className="arrow" aria-hidden>▾</span>
      <ul id={listId} role="listbox" className="code-list" hidden={!open} aria-label={say(w.codeHint)}>
        {offered.map((code, index) => (
          <li key={code.code} id={`${listId}-${index}`} role="option" aria-selected={index === at} onPointerDown={(event) => event.preventDefault()} onClick={() => take(code)}>
            {codeText(language, code)}
            {code.note && <small> {say(code.note)}</small>}
          </li>
        ))}
        {offered.length === 0 && <li role="option" aria-selected={false} aria-disabled className="none">{asking ? say(w.waiting) : tooShort ? say(t.typeMore, { least }) : say(w.codeNone)}</li>}
        {offered.length >= MOST_OFFERED && <li role="option" aria-selected={false} aria-disabled className="none">{say(w.codeMore)}</li>}
      </ul>
    </div>
  );
}
