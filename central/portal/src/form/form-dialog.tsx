// 表单对话框: a plain form over the page that it belongs to; it asks before it throws away what was typed.
import { App, Modal } from "antd";
import { useRef, type ReactNode } from "react";
import type { Values } from "../declaration/description.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { PlainForm, type PlainField } from "./plain-form.tsx";

interface Props {
  title: string;
  lead?: ReactNode;
  fields: PlainField[];
  start?: Values;
  label: Text;
  danger?: boolean;
  columns?: 1 | 2 | 3;
  submit: (values: Values) => Promise<unknown>;
  close: () => void;
}

const WIDTHS = { 1: 460, 2: 680, 3: 920 };

export function FormDialog({ title, lead, fields, start, label, danger, columns = 1, submit, close }: Props) {
  const say = useSay();
  const { modal } = App.useApp();
  const dirty = useRef(false);
  const cancel = () => {
    if (!dirty.current) return close();
    modal.confirm({ title: say(w.throwAway), okText: say(w.discard), cancelText: say(w.cancel), autoFocusButton: "cancel", onOk: close });
  };
  return (
    <Modal open title={title} footer={null} onCancel={cancel} mask={{ closable: false }} width={WIDTHS[columns]} destroyOnHidden>
      {lead}
      <PlainForm
        fields={fields}
        start={start}
        label={label}
        danger={danger}
        columns={columns}
        submit={submit}
        done={close}
        onDirty={(is) => {
          dirty.current = is;
        }}
        focus
      />
    </Modal>
  );
}
