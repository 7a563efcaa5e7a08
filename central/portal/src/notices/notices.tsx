// 通知: the page behind the bell.
import { Checkbox } from "antd";
import { useState } from "react";
import { PageTitle } from "../frame/page-title.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { NoticeList } from "./notice-list.tsx";

export default function Notices() {
  const say = useSay();
  const [openOnly, setOpenOnly] = useState(false);
  return (
    <div>
      <PageTitle>{say(w.notices)}</PageTitle>
      <div className="actions">
        <h2>{say(w.notices)}</h2>
        <span className="grow" />
        <Checkbox checked={openOnly} onChange={(event) => setOpenOnly(event.target.checked)}>{say(w.openOnly)}</Checkbox>
      </div>
      <NoticeList key={String(openOnly)} openOnly={openOnly} size={20} />
    </div>
  );
}
