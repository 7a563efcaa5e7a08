// 快捷键表: the list that Alt+K and the round blue button show (PO-150, PO-151).
import { Modal } from "antd";
import { useSay } from "../words/language.tsx";
import { w } from "../words/common.ts";
import type { Text } from "../words/words.ts";
import { BOUND } from "./keys.ts";

/** Keys that belong to a field or a list, and to no button. */
const WITHIN: [keys: string, effect: Text][] = [
  ["Enter", ["下拉列表：选中该项；表体最后一项：保存该行；其他：下一项", "open list: take the entry; last field of a row: store the row; else: next field"]],
  ["Shift+Enter", ["上一项", "previous field"]],
  ["Space", ["参数项：打开下拉列表；列表：勾选该行", "code field: open the list; result list: tick the row"]],
  ["Backspace", ["参数项：清除已选内容", "code field: clear what was taken"]],
  ["↑ ↓", ["下拉列表与查询结果中移动", "move in lists and results"]],
  ["Esc", ["关闭列表或对话框", "close list or dialog"]],
];
const KEYS: [keys: string, effect: Text][] = [...Object.values(BOUND).map(({ shown, effect }): [string, Text] => [shown, effect]), ...WITHIN];

export function KeyList({ open, close }: { open: boolean; close: () => void }) {
  const say = useSay();
  return (
    <Modal open={open} onCancel={close} footer={null} title={say(w.keysTitle)}>
      <dl className="key-list">
        {KEYS.map(([keys, effect]) => (
          <div key={keys}>
            <dt><kbd>{keys}</kbd></dt>
            <dd>{say(effect)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
