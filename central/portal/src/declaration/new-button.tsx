// 新增: opens the page of a new record; where there are several kinds, after the kind was chosen.
import { FileAddOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { newAddress } from "../frame/new-copy.ts";
import { useTabs } from "../frame/tabs.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { RecordKind } from "./description.ts";

export function NewButton({ slug, kinds, plain }: { slug: string; kinds: RecordKind[] | undefined; plain?: true }) {
  const say = useSay();
  const tabs = useTabs();
  const type = plain ? "default" : "primary";
  if (!kinds) return <Button type={type} icon={<FileAddOutlined />} onClick={() => tabs.open(newAddress(slug))}>{say(w.create)}</Button>;
  const items = kinds.map((kind) => ({ key: kind.name, label: say(kind.title), onClick: () => tabs.open(newAddress(slug, kind.name)) }));
  return (
    <Dropdown menu={{ items }} trigger={["click"]}>
      <Button type={type} icon={<FileAddOutlined />} aria-haspopup="menu">{say(w.create)}</Button>
    </Dropdown>
  );
}
