// 所签文件: the files that are part of what is signed, with the names that the record has for them, and the hash that the card signs (PO-098).
import { f } from "../words/files.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Manual, RecordJson } from "./description.ts";
import type { SignedFile } from "./signing.ts";
import { sizeText } from "./uploads.ts";

export function SignedFiles({ manual, record, signed }: { manual: Manual; record: RecordJson; signed: SignedFile[] }) {
  const say = useSay();
  if (signed.length === 0) return null;
  const parts = [manual.attachments, ...(manual.later ?? []).map((part) => part.attachments)];
  const known = parts.flatMap((part) => part?.of(record) ?? []);
  return (
    <section className="section">
      <h2>{say(w.files)}</h2>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={say(w.files)}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{say(f.name)}</th>
              <th scope="col" data-numeric>{say(f.size)}</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {signed.map((file, place) => (
              <tr key={`${file.sha256} ${place}`}>
                <td>{known.find((one) => one.sha256 === file.sha256)?.name ?? "—"}</td>
                <td data-numeric>{sizeText(file.size_bytes)}</td>
                <td className="digits">{file.sha256}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
