// 错误汇总: every fault of the form on top, focused, in the words that stand beside the fields, each a link to its field, also in other rows.
import { Alert } from "antd";
import { useEffect, useRef } from "react";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Manual } from "./description.ts";
import { headerFields, placeOf, ROW, type Faults } from "./draft.ts";
import { Why } from "./why.tsx";

interface Props {
  manual: Manual;
  faults: Faults;
  /** In the order in which they are told. */
  paths: string[];
  /** Counts the attempts, so that the same faults are told again. */
  attempt: number;
  goTo: (path: string) => void;
}

export function ErrorSummary({ manual, faults, paths, attempt, goTo }: Props) {
  const say = useSay();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (attempt > 0) box.current?.focus();
  }, [attempt]);
  if (paths.length === 0) return null;
  const labelOf = (path: string): string => {
    const place = placeOf(path);
    const rowFields = manual.rows?.fields ?? [];
    if (place) {
      const field = rowFields.find((field) => field.name === place.name);
      return say(w.inRow, { row: place.row + 1, field: field ? say(field.label) : "" });
    }
    const inForm = path.startsWith(ROW) ? rowFields.find((field) => ROW + field.name === path) : headerFields(manual).find((field) => field.name === path);
    return inForm ? say(inForm.label) : path === manual.rows?.name ? say(manual.rows.title) : "";
  };
  return (
    <div className="summary" ref={box} tabIndex={-1} role="group" aria-label={say(w.faults, { count: paths.length })}>
      <Alert
        type="error"
        showIcon
        title={say(w.faults, { count: paths.length })}
        description={
          <ul>
            {paths.map((path) => (
              <li key={path}>
                <button type="button" className="link" onClick={() => goTo(path)}>
                  {[labelOf(path), say(faults[path]?.text ?? w.fieldRequired)].filter(Boolean).join(say(w.colon))}
                </button>
                {faults[path]?.rule && <Why rule={faults[path].rule} />}
              </li>
            ))}
          </ul>
        }
      />
    </div>
  );
}
