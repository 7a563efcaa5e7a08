// 确认: names the record and the effect, the dangerous button is not the default; a refusal is told in its own words.
import { App } from "antd";
import { Refusal, saidOf } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";

interface Asked {
  title: string;
  what?: React.ReactNode;
  label: string;
  act: () => Promise<unknown>;
  /** False for what can be taken back. */
  danger?: boolean;
}

export function useConfirm() {
  const say = useSay();
  const { modal } = App.useApp();
  return ({ title, what, label, act, danger = true }: Asked) =>
    modal.confirm({
      title,
      content: what,
      okText: label,
      okButtonProps: { danger },
      cancelText: say(w.cancel),
      autoFocusButton: "cancel",
      onOk: () =>
        act().then(undefined, (error: unknown) => {
          const { text, fields } = Refusal.of(error);
          const lines = fields.map((fault) => say(saidOf(fault)));
          modal.error({ title: say(text), content: lines.length > 0 ? <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul> : null });
        }),
    });
}
