// 导入: records from a workbook or CSV: the template, the file, what would be wrong with it, and only then the import itself (PO-137, PO-245).
// Promises: nothing is saved before everything is right; what is wrong is told by row and column, and in the workbook itself; the file that was tried is
// the one that is imported.
import { CheckCircleOutlined, DownloadOutlined, FileExcelOutlined, UploadOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useRef, useState } from "react";
import { saidOf, Refusal, type FieldFault } from "../api/problem.ts";
import { PageTitle } from "../frame/page-title.tsx";
import { useTabs } from "../frame/tabs.tsx";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import type { Imports, Imported, Manual, Tried } from "./description.ts";
import { saveBlob } from "./save-blob.ts";
import { Failed } from "./states.tsx";
import { Why } from "./why.tsx";

const MOST_BYTES = 2 * 1024 * 1024;

const words = {
  title: ["批量导入", "Import"],
  lead: ["下载模板，填写后选择文件。文件先试运行，全部正确后才能导入；有任何错误都不会保存。", "Download the template, fill it in and choose the file. It is tried first, and can be imported once everything is right; with any fault nothing is saved."],
  limits: ["支持 .xlsx 和 .csv，不超过 2M、1000 行、200 票。", ".xlsx or .csv, at most 2 MiB, 1000 rows and 200 records."],
  template: ["下载模板", "Download the template"],
  choose: ["选择文件", "Choose a file"],
  another: ["选择其他文件", "Choose another file"],
  trying: ["正在试运行 {file}…", "Trying {file}…"],
  importing: ["正在导入 {file}…", "Importing {file}…"],
  tooLarge: ["文件不能超过 2M", "the file is larger than 2 MiB"],
  right: ["试运行通过：{file} 可导入 {count} 票。", "Nothing is wrong with {file}: {count} records can be imported."],
  wrong: ["试运行未通过：{file} 有 {count} 处错误，未保存任何数据。", "{file} has {count} faults; nothing was saved."],
  marked: ["下载标注错误的表格", "Download the workbook with its faults"],
  run: ["导入 {count} 票", "Import {count} records"],
  done: ["导入成功，共 {count} 票。", "{count} records were imported."],
  again: ["继续导入", "Import more"],
  row: ["行", "Row"],
  rows: ["第 {rows} 行", "rows {rows}"],
  column: ["列", "Column"],
  fault: ["错误", "Fault"],
  sent: ["填写内容", "What stands there"],
  whole: ["整个文件", "the whole file"],
  group: ["组号", "Group"],
  number: ["编号", "Number"],
  key: ["绑定介质关键信息", "Medium key"],
  lines: ["表体行数", "Lines"],
  hints: ["提示", "Hints"],
} satisfies Record<string, Text>;

type Stage =
  | { is: "choosing"; fault?: Text }
  | { is: "busy"; file: File; meant: boolean }
  | { is: "wrong"; file: File; refusal: Refusal }
  | { is: "right"; file: File; items: Tried[] }
  | { is: "done"; items: Imported[] };

export function ImportPage({ manual, imports }: { manual: Manual; imports: Imports }) {
  const say = useSay();
  const tabs = useTabs();
  const queries = useQueryClient();
  const [stage, setStage] = useState<Stage>({ is: "choosing" });
  const input = useRef<HTMLInputElement>(null);

  const attempt = async (file: File) => {
    if (file.size > MOST_BYTES) return setStage({ is: "choosing", fault: words.tooLarge });
    setStage({ is: "busy", file, meant: false });
    try {
      // Read once: what is imported is what was tried, whatever becomes of the file meanwhile.
      const held = new File([await file.arrayBuffer()], file.name, { type: file.type });
      setStage({ is: "right", file: held, items: (await imports.tryOut(held)).items });
    } catch (error) {
      setStage({ is: "wrong", file, refusal: Refusal.of(error) });
    }
  };
  const run = async (file: File) => {
    setStage({ is: "busy", file, meant: true });
    try {
      const { items } = await imports.run(file);
      await queries.invalidateQueries({ queryKey: [manual.slug] });
      setStage({ is: "done", items });
    } catch (error) {
      setStage({ is: "wrong", file, refusal: Refusal.of(error) });
    }
  };
  const chooser = (label: Text, primary: boolean) => (
    <Button type={primary ? "primary" : "default"} icon={<UploadOutlined />} onClick={() => input.current?.click()}>{say(label)}</Button>
  );
  return (
    <div
      className="import"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [file] = event.dataTransfer.files;
        if (file && stage.is !== "busy") void attempt(file);
      }}
    >
      <PageTitle>{`${say(words.title)} ${say(manual.title)}`}</PageTitle>
      <h2>{say(words.title)}</h2>
      <p>{say(words.lead)} {say(words.limits)}</p>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={say(words.choose)}
        accept=".xlsx,.csv,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file may be chosen again once it was corrected.
          event.target.value = "";
          if (file) void attempt(file);
        }}
      />
      <div className="actions">
        <Button icon={<FileExcelOutlined />} href={imports.template} download>{say(words.template)}</Button>
        {stage.is !== "busy" && stage.is !== "done" && chooser(stage.is === "choosing" ? words.choose : words.another, stage.is !== "right")}
        {stage.is === "right" && <Button type="primary" icon={<CheckCircleOutlined />} autoFocus onClick={() => void run(stage.file)}>{say(words.run, { count: stage.items.length })}</Button>}
        {stage.is === "done" && chooser(words.again, false)}
        {stage.is === "wrong" && stage.refusal.fields.length > 0 && (
          <Button icon={<DownloadOutlined />} onClick={() => void imports.marked(stage.file).then((book) => saveBlob(book, stage.file.name.replace(/\.\w+$/, "") + "-faults.xlsx"))}>{say(words.marked)}</Button>
        )}
      </div>
      <div aria-live="polite">
        {stage.is === "choosing" && stage.fault && <Alert type="error" showIcon title={say(stage.fault)} />}
        {stage.is === "busy" && <p className="waiting" role="status">{say(stage.meant ? words.importing : words.trying, { file: stage.file.name })}</p>}
        {stage.is === "wrong" && (stage.refusal.fields.length > 0 ? <Faults manual={manual} file={stage.file.name} faults={stage.refusal.fields} /> : <Failed error={stage.refusal} again={() => void attempt(stage.file)} />)}
        {stage.is === "right" && <Alert type="success" showIcon title={say(words.right, { file: stage.file.name, count: stage.items.length })} />}
        {stage.is === "done" && <Alert type="success" showIcon title={say(words.done, { count: stage.items.length })} />}
      </div>
      {stage.is === "right" && (
        <Table label={words.title} heads={[words.row, words.key, words.lines, words.hints]}>
          {stage.items.map((item) => (
            <tr key={item.rows[0]}>
              <td>{spanned(item.rows)}</td>
              <td>{item.medium_key}</td>
              <td data-numeric>{item.lines}</td>
              <td>{item.warnings.map((one) => say([one.message, one.message_en])).join("; ")}</td>
            </tr>
          ))}
        </Table>
      )}
      {stage.is === "done" && (
        <Table label={words.title} heads={[words.row, words.number, words.hints]}>
          {stage.items.map((item) => (
            <tr key={item.rows[0]}>
              <td>{spanned(item.rows)}</td>
              <td><button type="button" className="link digits" onClick={() => tabs.open(`/${manual.slug}/${String(item[manual.number])}`)}>{String(item[manual.number])}</button></td>
              <td>{item.warnings.map((one) => say([one.message, one.message_en])).join("; ")}</td>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}

/** `2–4` of rows that follow each other. */
const spanned = (rows: number[]) => (rows.length > 1 ? `${rows[0]}–${rows[rows.length - 1]}` : String(rows[0]));

function Table({ label, heads, children }: { label: Text; heads: Text[]; children: React.ReactNode }) {
  const say = useSay();
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={say(label)}>
      <table className="table">
        <thead><tr>{heads.map((head) => <th scope="col" key={head[1]}>{say(head)}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Where a fault stands in the file: its row as the spreadsheet program shows it, and its column in the words of the form. */
function placeIn(manual: Manual, path: string): { row: number; column: Text | null } {
  const found = /^rows\[(\d+)\](?:\.(line\.)?(\w+))?$/.exec(path);
  if (!found) return { row: 0, column: null };
  const [, row, ofLine, name] = found;
  const fields = ofLine ? (manual.rows?.fields ?? []) : manual.sections.flatMap((section) => section.fields);
  return { row: Number(row), column: name === "group" ? words.group : (fields.find((field) => field.name === name)?.label ?? null) };
}

function Faults({ manual, file, faults }: { manual: Manual; file: string; faults: FieldFault[] }) {
  const say = useSay();
  const placed = faults.map((fault) => ({ fault, ...placeIn(manual, fault.path) })).sort((a, b) => a.row - b.row);
  return (
    <>
      <Alert type="error" showIcon role="alert" title={say(words.wrong, { file, count: faults.length })} />
      <Table label={words.fault} heads={[words.row, words.column, words.fault, words.sent, ["依据", "Rule"]]}>
        {placed.map(({ fault, row, column }) => (
          <tr key={fault.path + fault.rule + fault.message} data-faulty>
            <td>{row > 0 ? row : say(words.whole)}</td>
            <td>{column ? say(column) : ""}</td>
            <td className="said">{say(saidOf(fault))}</td>
            <td>{typeof fault.value === "string" || typeof fault.value === "number" ? String(fault.value) : ""}</td>
            <td><Why rule={fault.rule} /></td>
          </tr>
        ))}
      </Table>
    </>
  );
}
