// 分页: the count sentence, the page size and the page numbers (PO-202..PO-204).
import { Button, Pagination } from "antd";
import { useSettings } from "../frame/settings.tsx";
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import type { Listing } from "./description.ts";

interface Props {
  listing: Listing;
  turn: (page: number, size: number) => void;
  countAll: () => void;
}

export function Paging({ listing, turn, countAll }: Props) {
  const say = useSay();
  const language = useLanguage();
  const { change } = useSettings();
  const { total, total_is_more: more, page, page_size: size, items } = listing;
  const number = (value: number) => value.toLocaleString(language === "zh" ? "zh-CN" : "en");
  const from = items.length === 0 ? 0 : (page - 1) * size + 1;
  const values = { from: number(from), to: number(from === 0 ? 0 : from + items.length - 1), total: number(total) };
  return (
    <div className="paging">
      <span role="status">{say(more ? w.countMore : w.count, values)}</span>
      {more && <Button type="link" size="small" onClick={countAll}>{say(w.countAll)}</Button>}
      <span className="grow" />
      <label>
        {say(w.perPage)}{" "}
        <select value={size} onChange={(event) => { change({ pageSize: Number(event.target.value) }); turn(1, Number(event.target.value)); }}>
          {[10, 20, 50, 100].map((one) => <option key={one}>{one}</option>)}
        </select>
      </label>
      <Pagination size="small" current={page} pageSize={size} total={total} showSizeChanger={false} onChange={(next) => turn(next, size)} />
    </div>
  );
}
