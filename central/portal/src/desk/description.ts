// 审核台描述: what a manual says of its officers' side. The desk takes such a description and nothing else of a manual; which acts a record allows now,
// its `actions` say.
import type { Signature } from "../api/card.ts";
import type { Condition, Listing, Manual, RecordJson, Statement } from "../declaration/description.ts";
import type { Text } from "../words/words.ts";

/** 审核动作: what an officer may do, in the order of its buttons. */
export interface Act {
  name: string;
  label: Text;
  needsText: boolean;
  danger?: boolean;
}

/** One act on one record, or on several with one signature over all of them. */
export interface Asked {
  act: string;
  text: string | null;
  records: { number: string; version: number }[];
}

/** 待办项: how a record shows in the work list. */
export interface Line {
  name: string;
  more?: string;
  tags?: Text[];
}

/** What the clock says of a record that waits. */
export interface Deadline {
  label: Text;
  at: unknown;
}

export interface DeskManual {
  /** Of the manual's pages, as officers ask for them. */
  manual: Manual;
  short: Text;
  conditions: Condition[];
  /** What waits for an answer, in the order in which it is to be answered. */
  list: (query: Record<string, string>) => Promise<Listing>;
  line: (record: RecordJson) => Line;
  waitsSince: (record: RecordJson) => unknown;
  deadline?: (record: RecordJson) => Deadline | null;
  acts: Act[];
  /** One act may go to several records at once. */
  inBulk: boolean;
  statement: (asked: Asked) => Promise<Statement>;
  decide: (asked: Asked, signature: Signature) => Promise<unknown>;
}
