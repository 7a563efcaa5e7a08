// 常用查询: conditions as they are kept. A range that ends today and begins as many days before as a preset says is kept as that, not as its dates, so
// that tomorrow it is tomorrow's.
import type { Asked } from "./conditions.tsx";
import type { Condition } from "./description.ts";
import { day } from "./show.ts";

const TODAY = "today";
const PRESETS = [0, 7, 15, 30];

export function asKept(conditions: Condition[], asked: Asked): Asked {
  const kept = { ...asked };
  for (const one of conditions) {
    if (one.is !== "range" || kept[one.to] !== day()) continue;
    const days = PRESETS.find((days) => kept[one.from] === day(days));
    if (days === undefined) continue;
    kept[one.from] = `${TODAY}-${days}`;
    kept[one.to] = TODAY;
  }
  return kept;
}

/** Conditions that the list no longer has are left out. */
export function asAsked(conditions: Condition[], kept: Asked): Asked {
  const names = new Set(conditions.flatMap((one) => (one.is === "range" ? [one.from, one.to] : [one.name])));
  const dated = (value: string) => {
    const found = /^today(?:-(\d{1,3}))?$/.exec(value);
    return found ? day(Number(found[1] ?? 0)) : value;
  };
  return Object.fromEntries(Object.entries(kept).filter(([name]) => names.has(name)).map(([name, value]) => [name, dated(value)]));
}
