// 随附单据: the files of a record: limits told before one is chosen, the state of each upload seen and read aloud, opening, replacing and removing
// after asking (PO-260..PO-268). Once for every manual; what differs stands in its description.
import { FilePdfOutlined, PlusOutlined, UploadOutlined } from "@ant-design/icons";
import { App, Button, Modal } from "antd";
import { useCallback, useId, useRef, useState } from "react";
import { Refusal, saidOf } from "../api/problem.ts";
import { usePerson } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { f } from "../words/files.ts";
import { useSay } from "../words/language.tsx";
import { CodeField } from "./code-field.tsx";
import type { AttachedFile, Attachments, RecordJson } from "./description.ts";
import { PinForm } from "./pin-form.tsx";
import { sign } from "./signing.ts";
import { namedBy, sizeText, stateText, useUploads } from "./uploads.ts";

interface Props {
  part: Attachments;
  number: string | null;
  record: RecordJson | null;
  /** The record after a file came or went; without it the files are only looked at. */
  onStored?: (record: RecordJson) => void;
}

export function AttachmentsPart({ part, number, record, onStored }: Props) {
  const say = useSay();
  const files = record ? part.of(record) : [];
  const mayChange = onStored !== undefined && record !== null && part.mayChange(record);
  const isShut = onStored === undefined || (record !== null && !mayChange);
  return (
    <fieldset className="section files" data-files>
      <legend>{say(part.title)}</legend>
      {!isShut && (
        <p className="limits">
          {part.lead && <>{say(part.lead)} </>}
          {say(f.limits, { most: part.most })}
          {part.onePerCategory && <> {say(f.onePer)}</>}
        </p>
      )}
      {!isShut && <Adding part={part} number={number} record={record} onStored={onStored} />}
      <FileTable part={part} number={number} record={record} files={files} mayChange={mayChange} onStored={onStored} />
    </fieldset>
  );
}

interface AddingProps extends Props {
  onStored: (record: RecordJson) => void;
}

function Adding({ part, number, record, onStored }: AddingProps) {
  const say = useSay();
  const { modal } = App.useApp();
  const [open, setOpen] = useState(false);
  const mayReplace = useCallback(
    (old: AttachedFile, file: File, category: string | null) =>
      new Promise<boolean>((settle) => {
        const what = part.onePerCategory ? say(f.replaceCategory, { category: `${category ?? ""} ${say(namedBy(part, category))}`, old: old.name, name: file.name }) : say(f.replaceSame, { name: file.name });
        modal.confirm({ title: say(f.replaceAsk), content: what, okText: say(w.confirm), cancelText: say(w.cancel), autoFocusButton: "cancel", onOk: () => settle(true), onCancel: () => settle(false) });
      }),
    [modal, part, say],
  );
  const sending = useUploads({ part, number, record, onStored, mayReplace });
  const chooser = <Chooser part={part} number={number} record={record} sending={sending} />;
  if (!part.inWindow) return chooser;
  return (
    <div className="actions">
      <Button icon={<UploadOutlined />} disabled={number === null} onClick={() => setOpen(true)}>{say(f.upload)}</Button>
      {number === null && <small className="soft">{say(f.saveFirst)}</small>}
      <Modal
        open={open}
        title={say(part.title)}
        onCancel={() => {
          setOpen(false);
          sending.clear();
        }}
        destroyOnHidden
        footer={
          <>
            <Button onClick={() => { setOpen(false); sending.clear(); }}>{say(w.close)}</Button>
            <Button type="primary" icon={<UploadOutlined />} loading={sending.busy} disabled={!sending.uploads.some((one) => one.state === "chosen")} onClick={() => void sending.send()}>{say(f.send)}</Button>
          </>
        }
      >
        <p className="limits">{say(f.limits, { most: part.most })}</p>
        {chooser}
      </Modal>
    </div>
  );
}

function Chooser({ part, number, record, sending }: { part: Attachments; number: string | null; record: RecordJson | null; sending: ReturnType<typeof useUploads> }) {
  const say = useSay();
  const id = useId();
  const [category, setCategory] = useState("");
  const [unknown, setUnknown] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const needsCategory = part.categories !== undefined && category === "";
  const chosen = async (list: FileList | null) => {
    const files = [...(list ?? [])];
    if (input.current) input.current.value = "";
    if (files.length === 0) return;
    await sending.choose(files, part.categories ? category : null);
    if (!part.inWindow) await sending.send();
  };
  return (
    <>
      <div className="actions">
        {part.categories && (
          <div className="field file-category" data-field="attachment-category" data-ground="yellow" data-fault={unknown ? true : undefined}>
            <label htmlFor={id}><span className="asterisk" aria-hidden>*</span>{say(f.category)}</label>
            <div className="field-box">
              <CodeField id={id} of={{ list: part.categories }} value={category} disabled={number === null} onChange={setCategory} onUnknown={setUnknown} aria={{ "aria-required": true, "aria-invalid": unknown ? true : undefined }} />
              {unknown && <span className="fault" role="alert">{say(w.codeUnknown)}</span>}
            </div>
          </div>
        )}
        <Button icon={<PlusOutlined />} disabled={number === null || needsCategory || sending.busy} onClick={() => input.current?.click()}>{say(f.add)}</Button>
        {number === null ? <small className="soft">{say(f.saveFirst)}</small> : needsCategory && <small className="soft">{say(f.categoryFirst)}</small>}
        <input ref={input} type="file" accept=".pdf,application/pdf" multiple={!part.onePerCategory} hidden aria-label={say(f.add)} onChange={(event) => void chosen(event.target.files)} />
      </div>
      <ul className="plain uploads" aria-live="polite" aria-relevant="additions text" aria-label={say(f.uploads)}>
        {sending.uploads.map((one) => (
          <li key={one.key} data-state={one.state}>
            <FilePdfOutlined aria-hidden /> <span>{one.file.name}</span> <small className="digits">{sizeText(one.file.size)}</small> <span className="state">{say(stateText(one))}</span>
            {(one.state === "chosen" || one.state === "refused") && <button type="button" className="link" aria-label={say(f.takeWhat, { name: one.file.name })} onClick={() => sending.take(one.key)}>{say(f.take)}</button>}
          </li>
        ))}
      </ul>
      {sending.needsCard && number !== null && record && <CardFirst part={part} number={number} version={record.version} send={sending.send} />}
    </>
  );
}

/** The card, shown once a session, where an upload needs it. */
function CardFirst({ part, number, version, send }: { part: Attachments; number: string; version: number; send: (headers: Record<string, string>) => Promise<void> }) {
  const say = useSay();
  const person = usePerson();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const act = async (pin: string) => {
    if (!part.statement) return;
    setBusy(true);
    setRefused(null);
    try {
      const signature = await sign(await part.statement(number, version), person.card_no, pin);
      await send({ "x-card-statement": JSON.stringify(signature) });
    } catch (error) {
      setRefused(Refusal.of(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <p>{say(f.cardAsk)}</p>
      <PinForm label={say(f.cardSign)} busy={busy} refused={refused} onSign={(pin) => void act(pin)} />
    </>
  );
}

interface TableProps extends Props {
  files: AttachedFile[];
  mayChange: boolean;
}

function FileTable({ part, number, record, files, mayChange, onStored }: TableProps) {
  const say = useSay();
  const { modal, message } = App.useApp();
  const [removing, setRemoving] = useState(false);
  if (files.length === 0 || number === null || !record) return <p className="empty">{say(f.none)}</p>;
  const remove = (file: AttachedFile) =>
    modal.confirm({
      title: say(f.removeAsk),
      content: file.name,
      okText: say(w.remove),
      okButtonProps: { danger: true },
      cancelText: say(w.cancel),
      autoFocusButton: "cancel",
      onOk: async () => {
        setRemoving(true);
        try {
          onStored?.(await part.remove(number, file.id, record.version));
          void message.success(say(w.deleted));
        } catch (error) {
          const { text, fields } = Refusal.of(error);
          modal.error({ title: say(text), content: fields.map((fault) => say(saidOf(fault))).join(" ") || null });
        } finally {
          setRemoving(false);
        }
      },
    });
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={say(part.title)}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say(w.seq)}</th>
            {part.categories && <th scope="col">{say(f.category)}</th>}
            <th scope="col">{say(f.name)}</th>
            <th scope="col" data-numeric>{say(f.size)}</th>
            <th scope="col" data-numeric>{say(f.pages)}</th>
            {mayChange && <th scope="col">{say(w.operations)}</th>}
          </tr>
        </thead>
        <tbody>
          {files.map((file, place) => (
            <tr key={file.id}>
              <td>{place + 1}</td>
              {part.categories && <td>{`${file.category ?? ""} ${say(namedBy(part, file.category))}`}</td>}
              <td><a className="link" href={part.address(number, file.id)} download={file.name} title={say(f.openWhat, { name: file.name })}>{file.name}</a></td>
              <td data-numeric>{sizeText(file.bytes)}</td>
              <td data-numeric>{file.pages}</td>
              {mayChange && (
                <td>
                  {file.frozen ? <small>{say(f.frozen)}</small> : <button type="button" className="link" data-danger disabled={removing} aria-label={say(f.removeWhat, { name: file.name })} onClick={() => remove(file)}>{say(w.remove)}</button>}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
