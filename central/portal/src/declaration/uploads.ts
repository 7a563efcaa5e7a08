// 上传: the files that are on their way: chosen, sent one after the other, stored or refused, each with its reasons.
// Promises: what can be told without the centre is told before anything is sent; the centre judges everything again, by the content. A file that takes
// the place of another one is sent first and the other goes afterwards, so that a refused file costs nothing.
// Source: PO-260..PO-268, portal patterns "Upload".
import { useCallback, useEffect, useRef, useState } from "react";
import { once } from "../api/client.ts";
import type { FieldFault } from "../api/problem.ts";
import { Refusal, saidOf } from "../api/problem.ts";
import { f } from "../words/files.ts";
import { pick, plain, type Text } from "../words/words.ts";
import type { AttachedFile, Attachments, RecordJson } from "./description.ts";

const MOST_BYTES = 4_194_304;

export interface Upload {
  key: number;
  file: File;
  category: string | null;
  state: "chosen" | "sending" | "stored" | "refused";
  faults: Text[];
  sha256: string;
}

const filled = (text: Text, values: Record<string, string | number>): Text => [pick("zh", text, values), pick("en", text, values)];

export function sizeText(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.max(bytes === 0 ? 0 : 1, Math.round(bytes / 1024))} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}

/** The hash that the centre stores with a file; none where the browser will not make one. */
async function hashOf(file: File): Promise<string> {
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto };
  if (!subtle || file.size > MOST_BYTES) return "";
  const digest = await subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is wrong with a file, as far as this page can see. */
function faultsOf(part: Attachments, file: File, sha256: string, staying: { name: string; sha256: string }[]): Text[] {
  const faults: Text[] = [];
  if (!/.\.pdf$/i.test(file.name) || (file.type !== "" && file.type !== "application/pdf")) faults.push(f.notPdf);
  if (file.size === 0) faults.push(f.empty);
  if (file.size > MOST_BYTES) faults.push(filled(f.tooLarge, { size: sizeText(file.size) }));
  const same = sha256 ? staying.find((other) => other.sha256 === sha256) : undefined;
  if (same) faults.push(filled(f.duplicate, { name: same.name }));
  if (staying.length >= part.most) faults.push(filled(f.tooMany, { most: part.most }));
  return faults;
}

const FOUND: Record<string, Text> = { encrypted: f.password, no_pages: f.noPages, unreadable: f.broken, too_much: f.tooComplex, mark: f.notPdf };

/** What the centre found, each thing in words of its own. */
function saidOfFile(part: Attachments, fault: FieldFault): Text {
  const { value } = fault;
  switch (fault.code) {
    case "PO_FILE_NOT_PDF":
      return (typeof value === "string" && fault.path === "file" ? FOUND[value] : undefined) ?? f.notPdf;
    case "PO_FILE_TOO_LARGE":
      return filled(f.tooLarge, { size: typeof value === "number" ? sizeText(value) : "" });
    case "PO_FILE_PAGE_TOO_LARGE":
      return f.pageTooLarge;
    case "PO_FILE_ACTIVE_CONTENT":
      return filled(f.active, { what: typeof value === "string" ? value : "PDF" });
    case "PO_TOO_MANY_FILES":
      return filled(f.tooMany, { most: part.most });
    default:
      return saidOf(fault);
  }
}

function reasonsOf(part: Attachments, refusal: Refusal): Text[] {
  if (refusal.fields.length > 0) return refusal.fields.map((fault) => saidOfFile(part, fault));
  if (refusal.code === "PO_FILE_TOO_LARGE") return [filled(f.tooLarge, { size: "> 4 MB" })];
  return [refusal.status === 503 ? f.notChecked : refusal.text];
}

interface Props {
  part: Attachments;
  number: string | null;
  record: RecordJson | null;
  onStored: (record: RecordJson) => void;
  /** Asks before a file takes the place of another one. */
  mayReplace: (old: AttachedFile, file: File, category: string | null) => Promise<boolean>;
}

export function useUploads({ part, number, record, onStored, mayReplace }: Props) {
  const [uploads, setUploads] = useState<Upload[]>([]);
  const [needsCard, setNeedsCard] = useState(false);
  const [busy, setBusy] = useState(false);
  // The sending goes on over several versions of the record.
  const latest = useRef(record);
  const list = useRef<Upload[]>([]);
  useEffect(() => {
    latest.current = record;
  });
  const nextKey = useRef(0);

  const show = useCallback((next: Upload[]) => {
    list.current = next;
    setUploads(next);
  }, []);
  const change = useCallback((key: number, to: Partial<Upload>) => show(list.current.map((one) => (one.key === key ? { ...one, ...to } : one))), [show]);
  const present = useCallback(() => (latest.current ? part.of(latest.current) : []), [part]);
  const replaced = useCallback(
    (file: File, category: string | null) => present().find((old) => !old.frozen && old.category === category && (part.onePerCategory === true || old.name === file.name)),
    [part, present],
  );

  /** Takes files into the list, each with what is wrong with it. */
  const choose = useCallback(
    async (files: File[], category: string | null) => {
      const rest = list.current.filter((one) => one.state === "chosen" || one.state === "sending");
      for (const file of files) {
        const sha256 = await hashOf(file);
        const old = replaced(file, category);
        const waiting = rest.filter((one) => one.state === "chosen" && one.category === category);
        const staying = [...present().filter((one) => one.id !== old?.id), ...waiting.map((one) => ({ name: one.file.name, sha256: one.sha256 }))];
        const faults = faultsOf(part, file, sha256, staying);
        nextKey.current += 1;
        rest.push({ key: nextKey.current, file, category, state: faults.length > 0 ? "refused" : "chosen", faults, sha256 });
      }
      show(rest);
    },
    [part, present, replaced, show],
  );

  /** Sends what is chosen, one after the other: each moves the version of the record. */
  const send = useCallback(
    async (headers: Record<string, string> = {}) => {
      setBusy(true);
      setNeedsCard(false);
      let shownNow = headers;
      for (const one of list.current.filter((one) => one.state === "chosen")) {
        const now = latest.current;
        if (number === null || !now) break;
        const old = replaced(one.file, one.category);
        if (old && !(await mayReplace(old, one.file, one.category))) {
          show(list.current.filter((other) => other.key !== one.key));
          continue;
        }
        change(one.key, { state: "sending" });
        try {
          let stored = await part.add(number, { version: now.version, category: one.category, file: one.file }, { ...once(), ...shownNow });
          shownNow = {};
          if (old && !part.onePerCategory) stored = await part.remove(number, old.id, stored.version);
          latest.current = stored;
          onStored(stored);
          change(one.key, { state: "stored" });
        } catch (error) {
          const refusal = Refusal.of(error);
          if (refusal.code === "PO_CARD_ABSENT" && part.statement && refusal.status === 403) {
            change(one.key, { state: "chosen" });
            setNeedsCard(true);
            break;
          }
          change(one.key, { state: "refused", faults: reasonsOf(part, refusal) });
        }
      }
      setBusy(false);
    },
    [change, mayReplace, number, onStored, part, replaced, show],
  );

  const take = useCallback((key: number) => show(list.current.filter((one) => one.key !== key)), [show]);
  const clear = useCallback(() => show([]), [show]);
  return { uploads, busy, needsCard, choose, send, take, clear };
}

/** What is said of one upload, for eye and ear. */
export function stateText(upload: Upload): Text {
  const state = f[upload.state];
  if (upload.faults.length === 0) return state;
  return [`${state[0]}：${upload.faults.map((fault) => fault[0]).join("；")}`, `${state[1]}: ${upload.faults.map((fault) => fault[1]).join("; ")}`];
}

export const namedBy = (part: Attachments, category: string | null): Text => part.categories?.find((one) => one.code === category)?.name ?? plain(category ?? "");
