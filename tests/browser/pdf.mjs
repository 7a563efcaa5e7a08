// Small PDF files for tests: right ones, and wrong ones of each kind.

const stream = (content) => `<< /Length ${String(content.length).padStart(10, "0")} >>\nstream\n${content}\nendstream`;

function file(objects, trailer = "") {
  let text = "%PDF-1.7\n";
  let table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  objects.forEach((object, place) => {
    table += `${String(text.length).padStart(10, "0")} 00000 n \n`;
    text += `${place + 1} 0 obj\n${object}\nendobj\n`;
  });
  return `${text}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${text.length}\n%%EOF\n`;
}

const page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>";

/** One page; `more` are further entries of the catalogue, `bytes` so many that do nothing. */
function onePage({ more = "", bytes = 0, trailer = "", objects = [] } = {}) {
  return file([`<< /Type /Catalog /Pages 2 0 R ${more} >>`, "<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page, stream(" ".repeat(bytes)), ...objects], trailer);
}

const asFile = (name, text, mimeType = "application/pdf") => ({ name, mimeType, buffer: Buffer.from(text, "latin1") });

/** A good file; `bytes` makes its content another one. */
export const good = (name, bytes = 10) => asFile(name, onePage({ bytes }));

/** Files with one fault each, that only the centre can see. */
export const bad = {
  password: asFile("密码.pdf", onePage({ trailer: "/Encrypt 5 0 R", objects: ["<< /Filter /Standard /V 1 /R 2 /O (00000000000000000000000000000000) /U (00000000000000000000000000000000) /P -4 >>"] })),
  active: asFile("脚本.pdf", onePage({ more: "/OpenAction << /S /JavaScript /JS (app.alert) >>" })),
  pageSize: asFile("高清.pdf", onePage({ bytes: 300_000 })),
  noPages: asFile("无页.pdf", file(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"])),
  broken: asFile("损坏.pdf", onePage().slice(0, 120)),
  mark: asFile("改名.pdf", "no PDF at all"),
};

/** Files with one fault each, that the page sees. */
export const refusedHere = {
  type: asFile("合同.txt", "words", "text/plain"),
  empty: asFile("空.pdf", ""),
  size: asFile("大.pdf", onePage({ bytes: 4_300_000 })),
};
