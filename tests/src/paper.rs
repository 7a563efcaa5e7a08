//! A symbol or a page on paper: drawn by one program of Debian's and read back by another, so that no codec of ours is at either end.
//! Promises: a machine without them fails the test and says which package is missing; nothing is skipped.
//! Source: zint(1); ZXingReader of zxing-cpp; pdftoppm(1), pdftotext(1).

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// What a scanner makes of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// AIM identifier, such as `]C0`.
    pub identifier: String,
    /// Its characters.
    pub text: String,
}

/// Draws a text as the symbol of that kind (`code_128` or `qr`), and reads the picture.
///
/// # Errors
/// When a program is missing or fails, or the picture does not hold exactly one symbol.
pub async fn print_and_read(kind: &str, text: &str) -> Result<Read> {
    let folder = tempfile::tempdir().context("no folder for a picture")?;
    let picture = folder.path().join("slip.png");
    draw(kind, text, &picture).await?;
    read(&picture).await
}

async fn draw(kind: &str, text: &str, picture: &Path) -> Result<()> {
    let symbology = match kind {
        "code_128" => "CODE128",
        "qr" => "QRCODE",
        other => anyhow::bail!("a slip has no symbol {other:?}"),
    };
    let args = ["--quietzones", "--scale=3", "--barcode", symbology, "--data", text, "--output"];
    let args = args.into_iter().map(OsStr::new).chain([picture.as_os_str()]);
    output("zint", "zint", args).await.map(drop)
}

async fn read(picture: &Path) -> Result<Read> {
    match <[Read; 1]>::try_from(read_all(picture).await?) {
        Ok([only]) => Ok(only),
        Err(others) => anyhow::bail!("the picture does not hold one symbol: {others:?}"),
    }
}

/// Every symbol of a picture, by its identifier.
async fn read_all(picture: &Path) -> Result<Vec<Read>> {
    let ran = run("ZXingReader", "zxing-cpp-tools", [picture.as_os_str()]).await?;
    // It fails where there is no symbol; the text is shown in quotes and escaped, the bytes are what is in the symbol.
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    let all = |name: &str| -> Vec<&str> {
        told.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim).collect()
    };
    let byte = |hex: &str| u8::from_str_radix(hex, 16).with_context(|| format!("ZXingReader tells {told}"));
    let symbol = |(identifier, bytes): (&str, &str)| {
        let bytes = bytes.split(' ').map(byte).collect::<Result<Vec<u8>>>()?;
        let text = String::from_utf8(bytes).context("the symbol holds no text")?;
        Ok(Read { identifier: identifier.to_owned(), text })
    };
    let mut found =
        all("Identifier:").into_iter().zip(all("Bytes:")).map(symbol).collect::<Result<Vec<_>>>()?;
    found.sort_by(|one, other| one.identifier.cmp(&other.identifier));
    Ok(found)
}

/// A word of a page and where it stands, in millimetres from the upper left.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Its characters.
    pub text: String,
    /// Its left edge.
    pub left: f64,
    /// Its right edge.
    pub right: f64,
    /// Its lower edge.
    pub bottom: f64,
}

/// A page as the coarsest printer of slips puts it on paper, with 203 dots an inch, and what people and scanners make of it.
#[derive(Clone, Debug)]
pub struct Printed {
    /// Width and height in whole millimetres.
    pub size: (u32, u32),
    /// Symbols, by identifier.
    pub symbols: Vec<Read>,
    /// Its text, in the order of drawing.
    pub text: String,
    /// Every word with its edges.
    pub words: Vec<Word>,
}

impl Printed {
    /// Prints the only page of a PDF.
    ///
    /// # Errors
    /// When a program is missing or fails, or the file has not one page.
    pub async fn of(pdf: &[u8]) -> Result<Self> {
        const DOTS: u32 = 203;
        let folder = tempfile::tempdir().context("no folder for a page")?;
        let (file, page) = (folder.path().join("page.pdf"), folder.path().join("page"));
        std::fs::write(&file, pdf).context("cannot write the page")?;
        let info = output("pdfinfo", POPPLER, [file.as_os_str()]).await?;
        let of = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        ensure!(of("Pages:") == Some("1"), "not one page: {info}");
        let size = of("Page size:").unwrap_or_default();
        let mut edges = size.split(' ').filter_map(|word| word.parse::<f64>().ok());
        let (Some(wide), Some(high)) = (edges.next(), edges.next()) else {
            anyhow::bail!("pdfinfo tells no size: {info}");
        };
        let picture = drawn(&file, &page, DOTS).await?;
        let text = output("pdftotext", POPPLER, ["-raw".as_ref(), file.as_os_str(), "-".as_ref()]).await?;
        let boxes = output("pdftotext", POPPLER, ["-bbox".as_ref(), file.as_os_str(), "-".as_ref()]).await?;
        let symbols = read_all(&picture).await?;
        let words = boxes.lines().filter_map(word).collect();
        Ok(Self { size: (in_mm(wide), in_mm(high)), symbols, text, words })
    }
}

/// The first page of a PDF as PNG, with so many dots an inch.
///
/// # Errors
/// When the program is missing or fails.
pub async fn picture_of(pdf: &[u8], dots: u32) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir().context("no folder for a page")?;
    let file = folder.path().join("page.pdf");
    std::fs::write(&file, pdf).context("cannot write the page")?;
    let picture = drawn(&file, &folder.path().join("page"), dots).await?;
    std::fs::read(picture).context("the page was not drawn")
}

async fn drawn(file: &Path, page: &Path, dots: u32) -> Result<PathBuf> {
    let dots = dots.to_string();
    let args = ["-png", "-singlefile", "-r", &dots].map(OsStr::new).into_iter();
    output("pdftoppm", POPPLER, args.chain([file.as_os_str(), page.as_os_str()])).await?;
    Ok(page.with_extension("png"))
}

/// The text of a PDF in the order of drawing, page after page.
///
/// # Errors
/// When the program is missing or fails.
pub async fn text_of(pdf: &Path) -> Result<String> {
    output("pdftotext", POPPLER, ["-raw".as_ref(), pdf.as_os_str(), "-".as_ref()]).await
}

const POPPLER: &str = "poppler-utils";
const MM_A_POINT: f64 = 25.4 / 72.0;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a paper is some hundred millimetres wide"
)]
fn in_mm(points: f64) -> u32 {
    (points * MM_A_POINT).round() as u32
}

/// `<word xMin="28.3" yMin="..." xMax="..." yMax="...">蒙LK8216</word>`
fn word(line: &str) -> Option<Word> {
    let (head, rest) = line.trim().strip_prefix("<word ")?.split_once('>')?;
    let edge = |name: &str| head.split_once(name)?.1.split('"').nth(1)?.parse::<f64>().ok();
    let text = rest.split('<').next()?.to_owned();
    let mm = |name: &str| edge(name).map(|points| points * MM_A_POINT);
    Some(Word { text, left: mm("xMin=")?, right: mm("xMax=")?, bottom: mm("yMax=")? })
}

async fn output<'a>(
    program: &str,
    package: &str,
    args: impl IntoIterator<Item = &'a OsStr>,
) -> Result<String> {
    let ran = run(program, package, args).await?;
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    ensure!(ran.status.success(), "{program}: {} {told}{}", ran.status, String::from_utf8_lossy(&ran.stderr));
    Ok(told)
}

async fn run<'a>(
    program: &str,
    package: &str,
    args: impl IntoIterator<Item = &'a OsStr>,
) -> Result<std::process::Output> {
    let ran = Command::new(program).args(args).stdin(Stdio::null()).kill_on_drop(true).output().await;
    ran.with_context(|| {
        format!("cannot run {program}, of the Debian package {package}; install it with: scripts/setup test")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_its_edges() {
        let line = r#"    <word xMin="28.346" yMin="40.1" xMax="56.693" yMax="51">蒙LK8216</word>"#;
        let word_of = word(line).unwrap();
        let edges = [word_of.left, word_of.right, word_of.bottom].map(f64::round);
        assert_eq!((&*word_of.text, edges), ("蒙LK8216", [10.0, 20.0, 18.0]));
        assert_eq!(word("<page width=\"1\">"), None);
    }

    #[tokio::test]
    async fn a_missing_program_names_its_package() {
        let told = output("a-printer-that-nobody-has", "its-package", []).await.unwrap_err().to_string();
        assert!(told.contains("its-package") && told.ends_with("scripts/setup test"), "{told}");
    }
}
