// 未保存的录入: what this person has typed and not saved, offered again (PO-413).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { api, dataAs } from "../api/client.ts";
import { useTabs } from "../frame/tabs.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { instant } from "./show.ts";
import { forget, type Copy } from "./working-copy.ts";

interface Named {
  slug: string;
  name: string;
}

export function useUnsaved(manual: Named) {
  return useQuery({
    queryKey: ["unsaved", manual.name],
    queryFn: () => dataAs<{ items: Copy[] }>(api.GET("/api/v1/working-copies", { params: { query: { manual: manual.name } } })),
    staleTime: 0,
    retry: false,
  });
}

export const addressOfCopy = (manual: Named, key: string) => (key.startsWith("new-") ? `/${manual.slug}/new/${key}` : `/${manual.slug}/${key}/edit`);

/** One line for each; nothing when there is none. Those of tabs that are open are being typed right now. */
export function UnsavedEntries({ manual }: { manual: Named }) {
  const say = useSay();
  const tabs = useTabs();
  const queries = useQueryClient();
  const unsaved = useUnsaved(manual);
  const open = new Set(tabs.tabs.map((tab) => tab.key));
  const items = (unsaved.data?.items ?? []).filter((copy) => !open.has(`${manual.slug}/${copy.key}`));
  if (items.length === 0) return null;
  return (
    <Alert
      type="info"
      showIcon
      title={say(w.unsaved)}
      description={
        <ul className="plain">
          {items.map((copy) => (
            <li key={copy.key}>
              <span className="digits">{instant(copy.updated_at)}</span> {copy.key.startsWith("new-") ? say(w.create) : copy.key}{" "}
              <Button size="small" type="link" onClick={() => tabs.open(addressOfCopy(manual, copy.key))}>{say(w.goOn)}</Button>
              <Button size="small" type="link" danger onClick={() => void forget(manual.name, copy.key).then(() => queries.invalidateQueries({ queryKey: ["unsaved"] }))}>{say(w.discard)}</Button>
            </li>
          ))}
        </ul>
      }
    />
  );
}
