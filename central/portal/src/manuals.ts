// 业务系统: the manuals whose pages exist, with what the menu needs of them; their pages are loaded when they are opened.
import type { ComponentType } from "react";
import { exemptionKinds } from "./attendance/kinds.ts";
import type { Manual, RecordKind } from "./declaration/description.ts";
import type { Text } from "./words/words.ts";

export interface ManualEntry {
  /** In addresses. */
  slug: string;
  /** As the API names it: in notices, working copies and the desk's list. */
  name: string;
  title: Text;
  /** On a record's tab. */
  short: Text;
  newTitle: Text;
  queryTitle: Text;
  kinds?: RecordKind[];
  /** Officers see its records at the desk, and nowhere else. */
  atDeskOnly?: boolean;
  /** 统计 of officers. */
  figures?: { path: string; title: Text; load: () => Promise<{ default: ComponentType }> };
  /** The whole description. */
  describe: () => Promise<Manual>;
  pages: Record<"query" | "entry" | "record" | "sign", () => Promise<{ default: ComponentType }>>;
  /** Officers find its records at their desk, and nowhere else. */
  queriedBy?: "declarants";
  /** Pages of its own, for everyone. */
  more?: { path: string; title: Text; page: () => Promise<{ default: ComponentType }> }[];
  /** Where records can be imported. */
  importPage?: () => Promise<{ default: ComponentType }>;
}

export const manuals: ManualEntry[] = [
  {
    slug: "smart-gate",
    name: "smart_gate",
    title: ["智能卡口散杂货系统", "Smart gate, bulk cargo"],
    short: ["绑定", "Binding"],
    newTitle: ["绑定新增", "New binding"],
    queryTitle: ["绑定查询", "Bindings"],
    describe: async () => (await import("./smart-gate/manual.ts")).smartGate,
    pages: {
      query: () => import("./smart-gate/search.tsx"),
      entry: () => import("./smart-gate/draft.tsx"),
      record: () => import("./smart-gate/record.tsx"),
      sign: () => import("./smart-gate/submission.tsx"),
    },
    importPage: () => import("./smart-gate/import.tsx"),
  },
  {
    slug: "appointment",
    name: "appointment",
    title: ["预约通关", "Appointment clearance"],
    short: ["预约申请", "Appointment"],
    newTitle: ["预约申请", "New appointment"],
    queryTitle: ["预约通关查询", "Appointments"],
    queriedBy: "declarants",
    describe: async () => (await import("./appointment/manual.ts")).appointment,
    pages: {
      query: () => import("./appointment/search.tsx"),
      entry: () => import("./appointment/draft.tsx"),
      record: () => import("./appointment/record.tsx"),
      sign: () => import("./appointment/submission.tsx"),
    },
    more: [{ path: "/working-hours", title: ["口岸工作时间查询", "Working hours of ports"], page: () => import("./appointment/working-hours.tsx") }],
  },
  {
    slug: "attendance-exemptions",
    name: "attendance",
    title: ["免于到场协助查验", "Exemption from attending inspection"],
    short: ["免到场", "Exemption"],
    newTitle: ["免到场查验申请", "New exemption"],
    queryTitle: ["免到场数据查询", "Exemptions"],
    kinds: exemptionKinds,
    queriedBy: "declarants",
    atDeskOnly: true,
    figures: { path: "/desk/attendance-exemptions/statistics", title: ["免到场统计", "Exemption figures"], load: () => import("./attendance/statistics.tsx") },
    describe: async () => (await import("./attendance/manual.ts")).exemptions,
    pages: {
      query: () => import("./attendance/search.tsx"),
      entry: () => import("./attendance/draft.tsx"),
      record: () => import("./attendance/record.tsx"),
      sign: () => import("./attendance/submission.tsx"),
    },
  },
];

/** Where the record of a notice or of the desk's list is shown. */
export function addressOf(manual: string, number: string): string | null {
  const found = manuals.find((one) => one.name === manual);
  return found ? `/${found.slug}/${number}` : null;
}
