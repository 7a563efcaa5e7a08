// 依据: which rule a fault comes from, with its words where the rule is one that all forms share; a manual's own rule is named by its number, since the
// fault itself says it in words.
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";

const SHARED: Record<string, Text> = {
  "PO-169": ["参数须取自参数表", "codes come from their table"],
  "PO-204": ["分页", "paging"],
  "PO-207": ["时间范围", "ranges of time"],
  "PO-208": ["查询时间跨度", "spans of queries"],
  "PO-260": ["附件格式", "kinds of files"],
  "PO-261": ["附件大小", "sizes of files"],
  "PO-262": ["附件大小", "sizes of files"],
  "PO-263": ["附件每页大小", "sizes of pages"],
  "PO-264": ["仅支持 PDF", "PDF only"],
  "PO-267": ["附件不得含可执行内容", "no active content in files"],
  "PO-268": ["附件数量", "numbers of files"],
  "PO-301": ["手机号码格式", "form of mobile numbers"],
  "PO-304": ["电子邮件格式", "form of e-mail addresses"],
  "PO-305": ["统一社会信用代码格式", "form of credit codes"],
  "PO-306": ["海关十位编码格式", "form of customs codes"],
  "PO-307": ["身份证件号码格式", "form of identity numbers"],
  "PO-312": ["HS 编码", "HS codes"],
  "PO-313": ["重量", "weights"],
  "PO-315": ["文字长度", "length of texts"],
  "PO-332": ["请求须为规定的格式", "requests have their form"],
  "PO-333": ["数据已被更新", "the record has moved on"],
  "PO-372": ["必填项", "required fields"],
  "PO-373": ["数据格式", "form of values"],
  "PO-374": ["参数须取自参数表", "codes come from their table"],
};

export function Why({ rule }: { rule: string }) {
  const say = useSay();
  const words = SHARED[rule];
  return <small>{words ? say(w.whyNamed, { rule, words: say(words) }) : say(w.why, { rule })}</small>;
}
