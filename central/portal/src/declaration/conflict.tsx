// 版本冲突: the other's and the own content side by side; the person chooses field by field, and nothing is lost (PO-333).
import { Modal, Radio } from "antd";
import { useState } from "react";
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import type { Manual } from "./description.ts";
import type { Difference } from "./draft.ts";
import { shown } from "./show.ts";

interface Props {
  manual: Manual;
  differences: Difference[];
  settle: (theirs: Set<string>) => void;
  cancel: () => void;
}

export function ConflictDialog({ differences, settle, cancel }: Props) {
  const say = useSay();
  const language = useLanguage();
  // What only the other one has changed stays changed, unless the person decides otherwise.
  const [theirs, setTheirs] = useState(() => new Set(differences.filter((one) => one.isTheirs).map((one) => one.path)));
  const choose = (path: string, other: boolean) => setTheirs((old) => new Set(other ? [...old, path] : [...old].filter((one) => one !== path)));
  return (
    <Modal open width={760} title={say(w.conflictTitle)} okText={say(w.keepChoice)} cancelText={say(w.cancel)} onOk={() => settle(theirs)} onCancel={cancel}>
      <p>{say(w.conflictText)}</p>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say(w.content)}</th>
            <th scope="col">{say(w.mine)}</th>
            <th scope="col">{say(w.theirs)}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map((one) => {
            const label = one.row === null ? say(one.field.label) : say(w.inRow, { row: one.row + 1, field: say(one.field.label) });
            return (
              <tr key={one.path}>
                <th scope="row">{label}</th>
                {[false, true].map((other) => (
                  <td key={String(other)}>
                    <Radio checked={theirs.has(one.path) === other} onChange={() => choose(one.path, other)} name={one.path}>
                      {shown(language, one.field.kind, other ? one.theirs : one.mine) || "—"}
                    </Radio>
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Modal>
  );
}
