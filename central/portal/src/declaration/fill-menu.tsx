// 填入菜单: templates and what was entered last, on an entry page; saving what stands there as a template.
import { DeleteOutlined, DownOutlined, EditOutlined, SnippetsOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Dropdown, Modal, Tag, type MenuProps } from "antd";
import { useState } from "react";
import { api, data, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import type { Manual, Values } from "./description.ts";
import type { Draft } from "./draft.ts";
import { contentFrom, contentOf, type Content } from "./filling.ts";
import { isComposing } from "./keys.ts";

const words = {
  fill: ["填入", "Fill in"],
  lastUsed: ["上次录入的内容", "What I entered last"],
  nothing: ["尚无可填入的内容", "There is nothing to fill in yet"],
  own: ["我的模板", "My templates"],
  shared: ["企业模板", "The enterprise's templates"],
  saveAs: ["另存为模板…", "Save as a template…"],
  manage: ["管理模板…", "Manage templates…"],
  title: ["录入模板", "Templates"],
  name: ["模板名称", "Name of the template"],
  forMe: ["仅自己使用", "For me"],
  forAll: ["企业共用", "For the enterprise"],
  whose: ["使用范围", "For whom"],
  saved: ["模板已保存", "The template is saved"],
  by: ["{user} 创建", "made by {user}"],
  rename: ["重命名 {name}", "Rename {name}"],
  remove: ["删除 {name}", "Delete {name}"],
  removeAsk: ["删除模板“{name}”？", "Delete the template “{name}”?"],
  removeAll: ["企业内其他人员也将无法使用该模板。", "Nobody in the enterprise can use it any more."],
  none: ["尚无模板", "No templates yet"],
  filled: ["已填入 {count} 项，请逐项核对标有“待核对”的内容。", "{count} entries were filled in: check those marked “to check”."],
  checked: ["全部已核对", "All are checked"],
} satisfies Record<string, Text>;

interface Template {
  id: string;
  name: string;
  scope: "own" | "enterprise";
  made_by: string;
  mine_to_change: boolean;
}
type Dialog = "saving" | "managing" | null;

const of = (template: Template) => ({ params: { path: { template_id: template.id } } });

interface Props {
  manual: Manual;
  draft: Draft;
  /** Fills the form; none where it is shut. */
  fill: ((content: Content) => void) | null;
}

export function FillMenu({ manual, draft, fill }: Props) {
  const say = useSay();
  const { message } = App.useApp();
  const [dialog, setDialog] = useState<Dialog>(null);
  const templates = useQuery({
    queryKey: ["entry-templates", manual.name],
    queryFn: async () => (await dataAs<{ items: Template[] }>(api.GET("/api/v1/entry-templates", { params: { query: { manual: manual.name } } }))).items,
    retry: false,
  });
  const items = templates.data ?? [];
  const take = async (load: () => Promise<Content>) => {
    try {
      const content = await load();
      if (Object.keys(content.values).length === 0 && content.rows.length === 0) return void message.info(say(words.nothing));
      fill?.(content);
    } catch (error) {
      void message.warning(say(Refusal.of(error).text));
    }
  };
  const lastUsed = async (): Promise<Content> => {
    const { values } = await dataAs<{ values: Values }>(api.GET("/api/v1/last-used/{manual}", { params: { path: { manual: manual.name } } }));
    return contentFrom({ values });
  };
  const entry = (template: Template) => ({
    key: template.id,
    label: template.name,
    onClick: () => void take(async () => contentFrom((await dataAs<{ content: unknown }>(api.GET("/api/v1/entry-templates/{template_id}", of(template)))).content)),
  });
  const group = (label: Text, scope: Template["scope"]): MenuProps["items"] => {
    const children = items.filter((template) => template.scope === scope).map(entry);
    return children.length > 0 ? [{ type: "group", label: say(label), children }] : [];
  };
  const menu: MenuProps["items"] = [
    ...(fill ? [{ key: "last", label: say(words.lastUsed), onClick: () => void take(lastUsed) }] : []),
    ...(fill ? [...(group(words.own, "own") ?? []), ...(group(words.shared, "enterprise") ?? []), { type: "divider" as const }] : []),
    { key: "save", label: say(words.saveAs), onClick: () => setDialog("saving") },
    { key: "manage", label: say(words.manage), onClick: () => setDialog("managing") },
  ];
  return (
    <>
      <Dropdown menu={{ items: menu }} trigger={["click"]}>
        <Button icon={<SnippetsOutlined />}>{say(words.fill)} <DownOutlined /></Button>
      </Dropdown>
      {dialog === "saving" && <SaveAs manual={manual} content={contentOf(manual, draft)} close={() => setDialog(null)} />}
      {dialog === "managing" && <Manage manual={manual} items={items} close={() => setDialog(null)} />}
    </>
  );
}

function SaveAs({ manual, content, close }: { manual: Manual; content: Content; close: () => void }) {
  const say = useSay();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Template["scope"]>("own");
  const [refused, setRefused] = useState<Refusal | null>(null);
  const save = async () => {
    try {
      await data(api.POST("/api/v1/entry-templates", { body: { manual: manual.name, name, scope, content: { ...content } } }));
      await queries.invalidateQueries({ queryKey: ["entry-templates", manual.name] });
      void message.success(say(words.saved));
      close();
    } catch (error) {
      setRefused(Refusal.of(error));
    }
  };
  const [fault] = refused?.fields ?? [];
  const said = refused && say(fault ? [fault.message, fault.message_en] : refused.text);
  return (
    <Modal open title={say(words.saveAs)} okText={say(w.confirm)} cancelText={say(w.cancel)} okButtonProps={{ disabled: name.trim() === "" }} onOk={() => void save()} onCancel={close}>
      <div className="field" data-ground="yellow" data-fault={said ? true : undefined}>
        <label htmlFor="template-name"><span className="asterisk" aria-hidden>*</span>{say(words.name)}</label>
        <input id="template-name" className="box" maxLength={40} autoFocus autoComplete="off" value={name} aria-invalid={said ? true : undefined} onChange={(event) => { setName(event.target.value); setRefused(null); }} onKeyDown={(event) => {
          if (event.code === "Enter" && !isComposing(event.nativeEvent) && name.trim() !== "") void save();
        }} />
      </div>
      {said && <p className="fault-line" role="alert">{said}</p>}
      <fieldset className="choice">
        <legend>{say(words.whose)}</legend>
        {(["own", "enterprise"] as const).map((one) => (
          <label key={one}><input type="radio" name="template-scope" checked={scope === one} onChange={() => setScope(one)} /> {say(one === "own" ? words.forMe : words.forAll)}</label>
        ))}
      </fieldset>
    </Modal>
  );
}

function Manage({ manual, items, close }: { manual: Manual; items: Template[]; close: () => void }) {
  const say = useSay();
  const { modal } = App.useApp();
  const queries = useQueryClient();
  const [renaming, setRenaming] = useState<{ template: Template; name: string } | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const run = async (act: () => Promise<unknown>) => {
    setRefused(null);
    try {
      await act();
      setRenaming(null);
    } catch (error) {
      setRefused(Refusal.of(error));
    }
    await queries.invalidateQueries({ queryKey: ["entry-templates", manual.name] });
  };
  const rename = () => renaming && run(() => data(api.PUT("/api/v1/entry-templates/{template_id}", { ...of(renaming.template), body: { name: renaming.name } })));
  const remove = (template: Template) =>
    modal.confirm({
      title: say(words.removeAsk, { name: template.name }),
      content: template.scope === "enterprise" ? say(words.removeAll) : undefined,
      okText: say(w.remove),
      okButtonProps: { danger: true },
      cancelText: say(w.cancel),
      autoFocusButton: "cancel",
      onOk: () => run(() => api.DELETE("/api/v1/entry-templates/{template_id}", of(template))),
    });
  const [fault] = refused?.fields ?? [];
  return (
    <Modal open title={say(words.title)} footer={<Button onClick={close}>{say(w.close)}</Button>} onCancel={close}>
      {items.length === 0 && <p className="empty">{say(words.none)}</p>}
      <ul className="plain saved-queries">
        {items.map((template) => (
          <li key={template.id}>
            {renaming?.template.id === template.id ? (
              <>
                <input className="box" autoFocus maxLength={40} aria-label={say(words.rename, { name: template.name })} value={renaming.name} onChange={(event) => setRenaming({ template, name: event.target.value })} onKeyDown={(event) => {
                  if (event.code === "Enter" && !isComposing(event.nativeEvent)) void rename();
                }} />
                <Button size="small" type="primary" disabled={renaming.name.trim() === ""} onClick={() => void rename()}>{say(w.confirm)}</Button>
              </>
            ) : (
              <>
                <span className="saved-name">{template.name} {template.scope === "enterprise" && <Tag>{say(words.forAll)}</Tag>} <small>{say(words.by, { user: template.made_by })}</small></span>
                {template.mine_to_change && (
                  <>
                    <Button size="small" type="text" icon={<EditOutlined />} aria-label={say(words.rename, { name: template.name })} title={say(words.rename, { name: template.name })} onClick={() => setRenaming({ template, name: template.name })} />
                    <Button size="small" type="text" danger icon={<DeleteOutlined />} aria-label={say(words.remove, { name: template.name })} title={say(words.remove, { name: template.name })} onClick={() => remove(template)} />
                  </>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
      {refused && <p className="fault-line" role="alert">{say(fault ? [fault.message, fault.message_en] : refused.text)}</p>}
    </Modal>
  );
}

/** How much was filled in and not looked at. */
export function FilledNote({ count, done }: { count: number; done: () => void }) {
  const say = useSay();
  if (count === 0) return null;
  return <Alert type="info" showIcon role="status" title={say(words.filled, { count })} action={<Button size="small" onClick={done}>{say(words.checked)}</Button>} />;
}
