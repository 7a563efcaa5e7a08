// Both languages are complete: a Chinese text in the sources is the first of a pair whose second is English; nothing Chinese stands alone.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const HAN = /[\u3400-\u9fff]/;
const below = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? below(path) : [path];
  });

const faults = [];
let pairs = 0;
for (const path of below("src").filter((path) => /\.tsx?$/.test(path) && !path.endsWith("schema.ts"))) {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const fault = (node, why) => faults.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${why}: ${node.getText().slice(0, 80)}`);
  const visit = (node) => {
    const isText = ts.isStringLiteralLike(node) || ts.isJsxText(node) || node.kind === ts.SyntaxKind.TemplateHead;
    if (isText && HAN.test(node.text)) {
      const others = ts.isArrayLiteralExpression(node.parent) ? node.parent.elements : ts.isCallExpression(node.parent) ? node.parent.arguments : null;
      const place = others ? others.indexOf(node) : -1;
      const english = others?.[place + 1];
      const member = ts.isPropertyAssignment(node.parent) && node.parent.name.getText();
      if (member === "message" || member === "name") {
        // A refusal, or the place before the centre has told its own: its English stands beside it.
        const beside = node.parent.parent.properties.map((property) => property.name?.getText());
        if (!beside.includes(`${member}_en`)) fault(node, `no ${member}_en beside it`);
      } else if (ts.isBinaryExpression(node.parent)) {
        pairs += 1;
      } else if (!english || !ts.isStringLiteralLike(english) || english.text.trim() === "" || HAN.test(english.text)) {
        if (node.text !== "中文") fault(node, "no English after it");
      } else {
        pairs += 1;
        const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort().join();
        if (holes(node.text) !== holes(english.text)) fault(node, "other values in braces than its English");
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
process.stdout.write(faults.length > 0 ? `${faults.join("\n")}\n` : `portal: ${pairs} texts in both languages\n`);
process.exit(faults.length > 0 ? 1 : 0);
