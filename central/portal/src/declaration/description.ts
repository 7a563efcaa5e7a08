// 页面描述: what a manual says of its pages. The page types (query, entry, record, check-and-sign) take such a description and nothing else of a
// manual; fields are named as the API names them.
import type { Signature } from "../api/card.ts";
import type { Text } from "../words/words.ts";

/** What a form holds while it is typed: texts, as they stand in the boxes; codes as their code. */
export type Values = Record<string, string>;

/** A code and its names. */
export interface Code {
  code: string;
  name: Text;
  /** The code is a word of the API only: people see the name alone. */
  unseen?: true;
  /** What is to be known of it where it is chosen. */
  note?: Text;
}

/**
 * Where a code field's entries come from: the manual's own short list, or a table of the centre, which may ask for so many signs before it searches;
 * customs offices with those first that have a yard.
 */
export type CodeTable = { list: Code[] } | { table: string; least?: number; yardsFirst?: true };

export type Kind =
  | { is: "text"; max: number; upper?: boolean; lead?: "code" }
  /** `bytes`: the counter shows bytes, a sign beyond ASCII being two. */
  | { is: "area"; max: number; bytes?: boolean }
  | { is: "number"; decimals: number }
  /** `names`: the field beside it that gets the name of the entry that was taken. */
  | { is: "code"; of: CodeTable; names?: string }
  /** Boxes of which one is ticked. */
  | { is: "boxes"; of: Code[] }
  | { is: "date" }
  | { is: "instant" }
  | { is: "secret"; known?: boolean }
  | { is: "flag" }
  | { is: "many"; of?: CodeTable; each?: "date" };

/** What conditions between fields look at. */
export interface Around {
  header: Values;
  row: Values;
}

export interface Field {
  /** Its path in the record. */
  name: string;
  label: Text;
  /** Red, at the bottom, while the cursor is in the field (PO-135). */
  hint?: Text;
  kind: Kind;
  required?: boolean | ((around: Around) => boolean);
  /** Cannot be typed into now: grey, and emptied when it becomes so (SG-106). */
  grey?: (around: Around) => boolean;
  /** Filled in by the system (返填): never typed, never sent. */
  given?: boolean;
  /** Of a given field: what it shows of what is typed, before the centre has told its own. */
  derive?: (around: Around) => string;
  /** Of a given field of a new record: this member of the person's own enterprise. */
  own?: keyof Enterprise;
  /** What is asked when the field is left: fills given fields, or tells why the value will not do. */
  lookUp?: LookUp;
  /** May not be changed once customs has approved the record. */
  fixedInChange?: boolean;
  /** Chosen with the page that was opened: shown, never typed, and sent. */
  fixed?: boolean;
  /** Belongs to another kind of record: neither shown nor sent. */
  hidden?: (around: Around) => boolean;
  /** Columns of the form that it takes; 1. */
  span?: 1 | 2 | 3;
  /** Not a column of the row table. */
  notInTable?: boolean;
  /** Another one in every record: not filled in from what was entered last; `everywhere`: nor from a copy or a template. */
  newEachTime?: true | "everywhere";
}

export interface LookUp {
  /** Given fields with their values; throws what stands against the value. */
  ask: (value: string) => Promise<Values>;
  /** The given fields that it fills: blank while the answer to another value is not there. */
  fills?: string[];
  /** What stands against it is told in a dialog as well. */
  popUp?: boolean;
}

/** The person's own enterprise, as the register has it. */
export interface Enterprise {
  name: string;
  uscc: string | null;
  customs_reg_no: string | null;
  ciq_no: string | null;
}

/** What the centre says of several fields together, while they are typed. */
export interface Advice {
  /** It is asked once all of these are filled in. */
  needs: string[];
  ask: (values: Values) => Promise<{ tone: "good" | "bad"; lines: Text[] }>;
}

export interface Section {
  name: string;
  title: Text;
  fields: Field[];
  advice?: Advice;
  /** What came of the record: not on the entry page. */
  ofRecordOnly?: boolean;
}

/** Rows below the header, with a row form above their table. */
export interface Rows {
  /** The member of the record. */
  name: string;
  title: Text;
  most: number;
  /** So many are needed to declare; none. */
  least?: number;
  fields: Field[];
}

/** `when`: whether there is such a condition, with what is typed so far. */
export type Condition = { when?: (typed: Values) => boolean } & (
  | { name: string; label: Text; is: "text"; max: number; required?: (typed: Values) => boolean }
  | { name: string; label: Text; is: "code"; of: CodeTable; required?: boolean; default?: string }
  /** Shown, never sent: this member of the person's own enterprise. */
  | { name: string; label: Text; is: "own"; member: keyof Enterprise }
  | { name: string; label: Text; is: "range"; from: string; to: string; mostDays?: number; required?: boolean; defaultDays?: number; /** Looks from today on, not back. */ ahead?: boolean }
);

export interface Column {
  name: string;
  label: Text;
  /** How the value shows: as the field's code table says, as a date, as it is. */
  kind?: Kind;
  width?: number;
  numeric?: boolean;
  /** Where the value is not simply the member of this name. */
  value?: (record: RecordJson) => unknown;
}

/** A record as the API gives it. */
export type RecordJson = Record<string, unknown> & { version: number; status: string; actions: string[] };

export interface Listing {
  items: RecordJson[];
  total: number;
  total_is_more: boolean;
  page: number;
  page_size: number;
}

export interface Warning {
  rule: string;
  path: string;
  message: string;
  message_en: string;
}

export interface Statement {
  text: string;
  nonce: string;
  expires_at: string;
}

export interface Receipt {
  seq: number;
  received_at: string;
  status_code: string | null;
  status_name: string | null;
  text: string | null;
  source: string;
  /** Of what a gate has told. */
  gate_id?: string | null;
  lane_id?: string | null;
  version_no?: number | null;
}

export interface Version {
  version_no: number;
  change_kind: string;
  state: string;
  ended_at: string | null;
  content: Record<string, unknown>;
}

/** An act that the card signs: what its button says, and what it calls. */
export interface Submission {
  /** In addresses and statements. */
  action: string;
  label: Text;
  ask: Text;
  /** Said when it has succeeded; else that it was declared. */
  done?: Text;
  /** Told before the card is asked for. */
  caution?: Text;
  /** Words of the person that are part of what is signed. */
  words?: { label: Text; max: number; required?: boolean };
  /** What is signed, where it is not the content of the record. */
  signs?: Field[];
  statement: (number: string, version: number, words: string | null) => Promise<Statement>;
  submit: (number: string, body: { version: number; confirm_warnings: string[]; signature: Signature; words: string | null }) => Promise<RecordJson>;
}

/** 后续录入: a part that is filled in on the record's page once customs has answered, and is sent by an act of its own. */
export interface LaterPart {
  name: string;
  title: Text;
  lead?: (record: RecordJson) => Text | null;
  exists: (record: RecordJson) => boolean;
  /** How the record's `actions` name the typing. */
  types: string;
  /** The submission that sends it. */
  sends: string;
  fields?: Field[];
  rows?: Rows;
  /** What of it was sent already. */
  sent?: { title: Text; fields: Field[]; of: (record: RecordJson) => Values[] };
  read: (record: RecordJson) => { values: Values; rows: Values[] };
  /** Stores what is typed; what the answer has against it without refusing it comes along. */
  save: (number: string, version: number, typed: { values: Values; rows: Values[] }) => Promise<{ record: RecordJson; against: Text[] }>;
  attachments?: Attachments;
}

/** A file of a record, as its pages show it. */
export interface AttachedFile {
  id: string;
  category: string | null;
  name: string;
  bytes: number;
  pages: number;
  sha256: string;
  /** Submitted: it can no longer be changed (PO-266). */
  frozen: boolean;
}

/** 随附单据: what a manual's records carry besides their fields (PO-260..PO-268). */
export interface Attachments {
  title: Text;
  /** What belongs here, in the manual's words. */
  lead?: Text;
  /** 类别, chosen before the file; none where all files are of one kind. */
  categories?: Code[];
  /** A further file of a category takes the place of the earlier one, after asking. */
  onePerCategory?: boolean;
  /** So many files at most. */
  most: number;
  /** Files are chosen in a window of their own and sent together (AC-073); otherwise each is sent when it is chosen (AE-085). */
  inWindow?: boolean;
  of: (record: RecordJson) => AttachedFile[];
  mayChange: (record: RecordJson) => boolean;
  /** The record with the file, or without it; both move its version. */
  add: (number: string, sent: { version: number; category: string | null; file: File }, headers: Record<string, string>) => Promise<RecordJson>;
  remove: (number: string, id: string, version: number) => Promise<RecordJson>;
  address: (number: string, id: string) => string;
  /** What the card signs before the first upload of a session, where an upload needs the card (AE-014). */
  statement?: (number: string, version: number) => Promise<Statement>;
}

/** 单据类型: records that are entered on pages of their own, with these values from the beginning. */
export interface RecordKind {
  name: string;
  title: Text;
  values: Values;
}

/** An action of a row or of the record's page: how the record's `actions` name it, and what its button does. */
export interface Action {
  name: string;
  label: Text;
  /** Opens this page of the record. */
  to?: (number: string) => string;
  danger?: boolean;
}

/** 打印件 that the centre draws: its button, of which records there is one, and the sheets to choose from. */
export interface Papers {
  label: Text;
  when: (record: RecordJson) => boolean;
  sheets: { name: string; label: Text }[];
  /** Refused when it cannot be printed. */
  ask: (number: string, sheet: string) => Promise<unknown>;
  address: (number: string, sheet: string) => string;
}

/** What a dry run tells of a record that could be imported. */
export interface Tried {
  rows: number[];
  medium_key: string;
  lines: number;
  warnings: Warning[];
}

/** A record that was imported, under its number. */
export type Imported = Record<string, unknown> & { rows: number[]; warnings: Warning[] };

/** 电子签名 as the API gives it. */
export interface SignedAct {
  id: string;
  at: string;
  actor: string;
  action: string;
  version: number;
  card_no: string;
  holder: string | null;
  enterprise: string | null;
  alg: string;
  others: number;
  statement: string | null;
  certificate: string | null;
  value: string | null;
}

export interface Verification {
  verified_at: string;
  holds: boolean;
  findings: { what: string; holds: boolean; found: string; found_zh: string }[];
}

export interface SignatureCalls {
  list: (number: string) => Promise<{ items: SignedAct[] }>;
  verify: (number: string, id: string) => Promise<Verification>;
}

/** 导入: what the import page calls. */
export interface Imports {
  /** Where the empty list is. */
  template: string;
  tryOut: (file: File) => Promise<{ items: Tried[] }>;
  /** The workbook with a column of its faults. */
  marked: (file: File) => Promise<Blob>;
  run: (file: File) => Promise<{ items: Imported[] }>;
}

/** 手册: everything that the page types need of a manual. */
export interface Manual {
  slug: string;
  name: string;
  title: Text;
  /** The member that holds the record's number. */
  number: string;
  statuses: Record<string, { label: Text; tone: "draft" | "waiting" | "good" | "bad" | "held" | "over" }>;
  sections: Section[];
  rows?: Rows;
  kinds?: RecordKind[];
  /** Only a stored record can be submitted: the button is grey before (AE-106). */
  submitsStored?: boolean;
  /** What the fields do not show and a submission needs. */
  faultsBeforeSubmitting?: (record: RecordJson) => { text: Text; rule: string }[];
  attachments?: Attachments;
  later?: LaterPart[];
  /** A record may be saved before it is complete: these are needed all the same, the other required fields only to declare. */
  savesWith?: string[];
  /** What is to be seen beside the status: that something of the enterprise is with customs. */
  marks?: (record: RecordJson) => Text[];
  conditions: Condition[];
  columns: Column[];
  actions: Action[];
  submissions: Submission[];
  papers?: Papers;
  /** What is asked before a deletion, and said of a record that was only saved; without it the words of PO-387. */
  removal?: { ask: Text; ofSaved: Text };
  /** Fields of a version, in the words of the form. */
  calls: {
    list: (query: Record<string, string>) => Promise<Listing>;
    counts?: (query: Record<string, string>) => Promise<{ items: { status: string; count: number }[] }>;
    /** The page of the import. */
    importAddress?: string;
    /** What the conditions select, as a file. */
    exported?: (query: Record<string, string>, format: "xlsx" | "csv") => Promise<Blob>;
    deleteMany?: (records: { number: string; version: number }[]) => Promise<unknown>;
    show: (number: string) => Promise<RecordJson>;
    create: (body: Record<string, unknown>, headers: Record<string, string>) => Promise<RecordJson>;
    update: (number: string, body: Record<string, unknown>, headers: Record<string, string>) => Promise<RecordJson>;
    change?: (number: string, body: Record<string, unknown>, headers: Record<string, string>) => Promise<RecordJson>;
    remove: (number: string, version: number) => Promise<unknown>;
    copy?: (number: string) => Promise<Record<string, unknown>>;
    receipts: (number: string) => Promise<{ items: Receipt[] }>;
    versions?: (number: string) => Promise<{ items: Version[] }>;
    signatures?: SignatureCalls;
  };
}

export const isRequired = (field: Field, around: Around): boolean =>
  !field.given && !isGrey(field, around) && (typeof field.required === "function" ? field.required(around) : field.required === true);

export const isHidden = (field: Field, around: Around): boolean => field.hidden?.(around) ?? false;

export const isGrey = (field: Field, around: Around): boolean => field.given === true || isHidden(field, around) || (field.grey?.(around) ?? false);
