// 常用查询: conditions that this person has given a name; one of them may be what the page begins with.
import { EditOutlined, StarFilled, StarOutlined, DeleteOutlined, FolderOpenOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popover } from "antd";
import { useState } from "react";
import { api, data, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import type { Asked } from "./conditions.tsx";
import type { Manual } from "./description.ts";
import { isComposing } from "./keys.ts";
import { asAsked, asKept } from "./saved-conditions.ts";

const words = {
  saved: ["常用查询", "Saved queries"],
  none: ["尚无常用查询", "No saved queries yet"],
  saveAs: ["将当前条件保存为", "Save the present conditions as"],
  name: ["名称", "Name"],
  rename: ["重命名 {name}", "Rename {name}"],
  remove: ["删除 {name}", "Delete {name}"],
  begin: ["打开页面时使用 {name}", "Begin with {name}"],
  beginNot: ["打开页面时不再使用 {name}", "No longer begin with {name}"],
  removeAsk: ["删除常用查询“{name}”？", "Delete the saved query “{name}”?"],
  done: ["已保存", "Saved"],
} satisfies Record<string, Text>;

interface SavedQuery {
  id: string;
  name: string;
  conditions: Asked;
  is_default: boolean;
}

export function useSavedQueries(manual: string) {
  return useQuery({
    queryKey: ["saved-queries", manual],
    queryFn: async () => (await dataAs<{ items: SavedQuery[] }>(api.GET("/api/v1/saved-queries", { params: { query: { manual } } }))).items,
    staleTime: Infinity,
    retry: false,
  });
}

interface Props {
  manual: Manual;
  /** As they stand in the boxes. */
  typed: Asked;
  apply: (conditions: Asked) => void;
}

export function SavedQueries({ manual, typed, apply }: Props) {
  const say = useSay();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const saved = useSavedQueries(manual.name);
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [renaming, setRenaming] = useState<SavedQuery | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const items = saved.data ?? [];

  const run = async (act: () => Promise<unknown>) => {
    setRefused(null);
    try {
      await act();
      await queries.invalidateQueries({ queryKey: ["saved-queries", manual.name] });
      return true;
    } catch (error) {
      setRefused(Refusal.of(error));
      return false;
    }
  };
  const at = (query: SavedQuery) => ({ params: { path: { query_id: query.id } } });
  const change = (query: SavedQuery, some: Partial<SavedQuery>) => {
    const { name, conditions, is_default } = { ...query, ...some };
    return run(() => data(api.PUT("/api/v1/saved-queries/{query_id}", { ...at(query), body: { name, conditions, is_default } })));
  };
  const submit = async () => {
    if (name.trim() === "") return;
    const done = renaming
      ? await change(renaming, { name })
      : await run(() => data(api.POST("/api/v1/saved-queries", { body: { manual: manual.name, name, conditions: asKept(manual.conditions, typed) } })));
    if (!done) return;
    setName("");
    setRenaming(null);
    void message.success(say(words.done));
  };
  const remove = (query: SavedQuery) =>
    modal.confirm({
      title: say(words.removeAsk, { name: query.name }),
      okText: say(w.remove),
      okButtonProps: { danger: true },
      cancelText: say(w.cancel),
      autoFocusButton: "cancel",
      onOk: () => run(() => api.DELETE("/api/v1/saved-queries/{query_id}", at(query))),
    });
  const said = refused && say(refused.fields[0] ? [refused.fields[0].message, refused.fields[0].message_en] : refused.text);
  const label = renaming ? say(words.rename, { name: renaming.name }) : say(words.saveAs);
  const content = (
    <div className="saved-queries">
      {items.length === 0 && <p className="empty">{say(words.none)}</p>}
      <ul className="plain">
        {items.map((query) => (
          <li key={query.id}>
            <button type="button" className="link saved-name" onClick={() => { setOpen(false); apply(asAsked(manual.conditions, query.conditions)); }}>{query.name}</button>
            <Button size="small" type="text" aria-pressed={query.is_default} aria-label={say(query.is_default ? words.beginNot : words.begin, { name: query.name })} title={say(query.is_default ? words.beginNot : words.begin, { name: query.name })} icon={query.is_default ? <StarFilled /> : <StarOutlined />} onClick={() => void change(query, { is_default: !query.is_default })} />
            <Button size="small" type="text" aria-label={say(words.rename, { name: query.name })} title={say(words.rename, { name: query.name })} icon={<EditOutlined />} onClick={() => { setRenaming(query); setName(query.name); }} />
            <Button size="small" type="text" danger aria-label={say(words.remove, { name: query.name })} title={say(words.remove, { name: query.name })} icon={<DeleteOutlined />} onClick={() => remove(query)} />
          </li>
        ))}
      </ul>
      <div className="save-as">
        <label>
          {label}
          <input className="box" value={name} maxLength={40} placeholder={say(words.name)} aria-invalid={said ? true : undefined} onChange={(event) => { setName(event.target.value); setRefused(null); }} onKeyDown={(event) => {
            if (isComposing(event.nativeEvent) || event.code !== "Enter") return;
            event.preventDefault();
            void submit();
          }} />
        </label>
        {renaming && <Button size="small" onClick={() => { setRenaming(null); setName(""); }}>{say(w.cancel)}</Button>}
        <Button size="small" type="primary" disabled={name.trim() === ""} onClick={() => void submit()}>{say(w.save)}</Button>
      </div>
      {said && <p className="fault-line" role="alert">{said}</p>}
    </div>
  );
  return (
    <Popover open={open} onOpenChange={(next) => { setOpen(next); setRefused(null); }} content={content} trigger="click" placement="bottomLeft" title={say(words.saved)}>
      <Button icon={<FolderOpenOutlined />}>{say(words.saved)}</Button>
    </Popover>
  );
}
