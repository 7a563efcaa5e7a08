// Workbooks for tests, without a library: what a spreadsheet program would save, and what stands in the cells of one that came back.

import { inflateRawSync } from "node:zlib";

const TABLE = Array.from({ length: 256 }, (_, sign) => {
  let sum = sign;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum >>> 0;
});
const crc32 = (bytes) => (bytes.reduce((sum, byte) => TABLE[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

/** A zip file of these parts, stored as they are. */
function zip(parts) {
  const files = [];
  const list = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(text)];
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt32LE(crc32(bytes), 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt32LE(bytes.length, 22);
    head.writeUInt16LE(path.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    entry.writeUInt16LE(20, 6);
    head.copy(entry, 16, 14, 28);
    entry.writeUInt32LE(at, 42);
    files.push(head, path, bytes);
    list.push(entry, path);
    at += head.length + path.length + bytes.length;
  }
  const listed = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(list.length / 2, 8);
  end.writeUInt16LE(list.length / 2, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, listed, end]);
}

/** The parts of a zip file, as texts. */
function unzip(bytes) {
  const parts = {};
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [way, packed, path, extra, said] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)];
    const place = bytes.readUInt32LE(at + 42);
    const from = place + 30 + bytes.readUInt16LE(place + 26) + bytes.readUInt16LE(place + 28);
    const data = bytes.subarray(from, from + packed);
    parts[bytes.subarray(at + 46, at + 46 + path).toString()] = (way === 8 ? inflateRawSync(data) : data).toString();
    at += 46 + path + extra + said;
  }
  return parts;
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const letters = (place) => (place < 26 ? "" : String.fromCharCode(64 + Math.floor(place / 26))) + String.fromCharCode(65 + (place % 26));

/** A workbook of two sheets: rows of texts and numbers, and a note of somebody's own. */
export function workbook(rows, note) {
  const cell = (value, place, line) => (typeof value === "number" ? `<c r="${letters(place)}${line}"><v>${value}</v></c>` : `<c r="${letters(place)}${line}" t="inlineStr"><is><t>${escaped(value)}</t></is></c>`);
  const sheet = (rows) => `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows.map((row, line) => `<row r="${line + 1}">${row.map((value, place) => (value === "" ? "" : cell(value, place, line + 1))).join("")}</row>`).join("")}</sheetData></worksheet>`;
  const type = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const relations = (all) => `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.map(([kind, target], place) => `<Relationship Id="rId${place + 1}" Type="${type}/${kind}" Target="${target}"/>`).join("")}</Relationships>`;
  const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  return zip({
    "[Content_Types].xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${kind}.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="${kind}.worksheet+xml"/></Types>`,
    "_rels/.rels": relations([["officeDocument", "xl/workbook.xml"]]),
    "xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${type}"><sheets><sheet name="导入" sheetId="1" r:id="rId1"/><sheet name="notes" sheetId="2" r:id="rId2"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relations([["worksheet", "worksheets/sheet1.xml"], ["worksheet", "worksheets/sheet2.xml"]]),
    "xl/worksheets/sheet1.xml": sheet(rows),
    "xl/worksheets/sheet2.xml": sheet([[note]]),
  });
}

/** The texts of a sheet, by the names of their cells, and the parts of the book. */
export function opened(bytes, sheet = "xl/worksheets/sheet1.xml") {
  const parts = unzip(bytes);
  const plain = (text) => text.replace(/<[^>]+>/g, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");
  const shared = [...(parts["xl/sharedStrings.xml"] ?? "").matchAll(/<si>(.*?)<\/si>/gs)].map(([, text]) => plain(text));
  const cells = Object.fromEntries([...parts[sheet].matchAll(/<c r="([A-Z]+\d+)"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)].map(([, name, kind, inner]) => [name, kind.includes('t="s"') ? shared[Number(plain(inner))] : plain(inner ?? "")]));
  return { parts, cells };
}
