// 列表设置: which columns a list shows, how wide they are, and how dense the page is; of this person, kept at the centre (PO-182, PO-183).
import { ColumnHeightOutlined, TableOutlined } from "@ant-design/icons";
import { Button, Checkbox, Dropdown, Popover } from "antd";
import { useSettings, type Density } from "../frame/settings.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import type { Column } from "./description.ts";

const NARROWEST = 48;
const WIDEST = 800;
export const widthWithin = (pixels: number) => Math.round(Math.min(WIDEST, Math.max(NARROWEST, pixels)));

const words = {
  width: ["{column}的列宽（像素）", "Width of {column} in pixels"],
  auto: ["自动", "auto"],
  reset: ["恢复默认列", "Columns as they were"],
} satisfies Record<string, Text>;

/** What this person has chosen for a list. */
export function useColumns(list: string, all: Column[]) {
  const settings = useSettings();
  const hidden = settings.hidden[list] ?? [];
  const widths = settings.widths[list] ?? {};
  const setWidth = (name: string, pixels: number | null) => {
    const { [name]: _, ...others } = widths;
    settings.change({ widths: { ...settings.widths, [list]: pixels === null ? others : { ...others, [name]: widthWithin(pixels) } } });
  };
  const setHidden = (names: string[]) => settings.change({ hidden: { ...settings.hidden, [list]: names } });
  const reset = () => settings.change({ hidden: { ...settings.hidden, [list]: [] }, widths: { ...settings.widths, [list]: {} } });
  return { columns: all.filter((column) => !hidden.includes(column.name)), hidden, widths, setWidth, setHidden, reset };
}

export function ListSettings({ list, all }: { list: string; all: Column[] }) {
  const say = useSay();
  const settings = useSettings();
  const { columns, hidden, widths, setWidth, setHidden, reset } = useColumns(list, all);
  const densities: [Density, Text][] = [["small", w.densitySmall], ["middle", w.densityMiddle], ["large", w.densityLarge]];
  const choice = (
    <div className="column-choice">
      {all.map((column) => {
        const visible = !hidden.includes(column.name);
        // The last one stays (PO-183).
        const last = visible && columns.length === 1;
        return (
          <div key={column.name} className="column-line">
            <Checkbox checked={visible} disabled={last} onChange={() => setHidden(visible ? [...hidden, column.name] : hidden.filter((name) => name !== column.name))}>
              {say(column.label)}
            </Checkbox>
            <input
              className="box"
              type="number"
              min={NARROWEST}
              max={WIDEST}
              placeholder={say(words.auto)}
              aria-label={say(words.width, { column: say(column.label) })}
              key={widths[column.name] ?? 0}
              defaultValue={widths[column.name] ?? ""}
              onBlur={(event) => {
                const pixels = event.target.value === "" ? null : Number(event.target.value);
                if (pixels !== (widths[column.name] ?? null)) setWidth(column.name, pixels);
              }}
              onKeyDown={(event) => event.code === "Enter" && event.currentTarget.blur()}
            />
          </div>
        );
      })}
      <Button size="small" onClick={reset}>{say(words.reset)}</Button>
    </div>
  );
  return (
    <>
      <Popover content={choice} trigger="click" placement="bottomRight" title={say(w.columns)}>
        <Button icon={<TableOutlined />}>{say(w.columns)}</Button>
      </Popover>
      <Dropdown trigger={["click"]} menu={{ selectable: true, selectedKeys: [settings.density], items: densities.map(([key, label]) => ({ key, label: say(label) })), onClick: ({ key }) => settings.change({ density: key as Density }) }}>
        <Button icon={<ColumnHeightOutlined />} aria-label={say(w.density)} title={say(w.density)} />
      </Dropdown>
    </>
  );
}
