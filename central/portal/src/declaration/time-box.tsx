// 日期时间框: typed as ISO text in either language; the button opens the browser's own calendar for the mouse.
import { CalendarOutlined } from "@ant-design/icons";
import { useRef } from "react";
import { t } from "../words/entry.ts";
import { useSay } from "../words/language.tsx";
import { dateOf, momentOf } from "./times.ts";

interface Props {
  of: "date" | "instant";
  value: string;
  /** Of the box itself. */
  shared: React.InputHTMLAttributes<HTMLInputElement>;
  onChange: (value: string) => void;
  /** A text was left that is no date; an empty one takes the fault back. */
  onWrong?: (wrong: boolean) => void;
}

export function TimeBox({ of, value, shared, onChange, onWrong }: Props) {
  const say = useSay();
  const picker = useRef<HTMLInputElement>(null);
  const isDate = of === "date";
  const read = isDate ? dateOf : momentOf;
  const leave = () => {
    const meant = value.trim() === "" ? "" : read(value);
    if (meant !== null && meant !== value) onChange(meant);
    onWrong?.(meant === null);
  };
  return (
    <span className="time-box">
      <input {...shared} type="text" inputMode="numeric" placeholder={isDate ? "yyyy-mm-dd" : "yyyy-mm-dd hh:mm"} maxLength={20} value={value} onChange={(event) => onChange(event.target.value)} onBlur={leave} />
      <button type="button" tabIndex={-1} aria-label={say(t.openCalendar)} title={say(t.openCalendar)} onClick={() => picker.current?.showPicker()}>
        <CalendarOutlined aria-hidden />
      </button>
      <input
        ref={picker}
        className="picker"
        type={isDate ? "date" : "datetime-local"}
        max={isDate ? "9999-12-31" : "9999-12-31T23:59"}
        tabIndex={-1}
        aria-hidden
        value={(read(value) ?? "").replace(" ", "T")}
        onChange={(event) => {
          const picked = read(event.target.value.replace("T", " "));
          if (picked !== null) onChange(picked);
          onWrong?.(false);
        }}
      />
    </span>
  );
}
