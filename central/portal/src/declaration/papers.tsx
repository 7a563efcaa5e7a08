// 打印件: papers of a record that the centre draws, such as the driver's slip: their button, and the tab that shows one for printing.
// Promises: the centre is asked before a tab opens, so that why there is no paper is told here and not as text in an empty tab.
import { DownOutlined, PrinterOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button, Dropdown } from "antd";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Papers, RecordJson } from "./description.ts";
import { Failed } from "./states.tsx";

export function usePapers(papers: Papers | undefined, number: string, record: RecordJson) {
  const say = useSay();
  const print = useMutation({
    mutationFn: async (sheet: string) => {
      await papers?.ask(number, sheet);
      return papers?.address(number, sheet) ?? "";
    },
    onSuccess: (address) => void window.open(address, "_blank", "noopener"),
  });
  if (!papers?.when(record)) return { button: null, told: null };
  const items = papers.sheets.map(({ name, label }) => ({ key: name, label: say(label), onClick: () => print.mutate(name) }));
  const button = (
    <Dropdown menu={{ items }} trigger={["click"]}>
      <Button icon={<PrinterOutlined />} loading={print.isPending} data-act="papers">{say(papers.label)} <DownOutlined /></Button>
    </Dropdown>
  );
  // Browsers may forbid a page to open tabs; a link is always allowed.
  const link = print.data && <p role="status" className="printed"><a href={print.data} target="_blank" rel="noreferrer">{say(w.printReady)}</a></p>;
  return { button, told: print.isError ? <Failed error={print.error} /> : link };
}
