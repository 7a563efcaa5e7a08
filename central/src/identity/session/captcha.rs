//! 验证码: four characters in an image, so that guessing at passwords costs a person's time (PO-056, PO-060, PO-061).
//! Promises: one attempt each, 300 seconds, whatever the case of the letters. The image is drawn as strokes, never as text, each bent in
//! its own way. Drawn here because the libraries for it bring whole image codecs for forty lines of polylines.
//! It keeps scripts busy, not a patient attacker: `account::lock` stops those.

use std::fmt::Write as _;

use axum::{Json, extract::State, http::StatusCode};
use rand::{RngExt, seq::IndexedRandom};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{account::lock::Rate, caller::Address},
    store::{StoreError, Tx, column, execute, one},
};

const VALID_MS: i64 = 300 * 1000;
const LENGTH: usize = 4;
const PER_ADDRESS: Rate = Rate { what: "captcha", most: 120, seconds: 600 };

/// A character and its strokes on a grid of 4 by 6, points as two digits `xy`, strokes apart by a blank.
const GLYPHS: &[(char, &str)] = &[
    ('A', "062046 1434"),
    ('B', "00063645443303 0030414233"),
    ('C', "4130100105163645"),
    ('D', "00062645413000"),
    ('E', "40000646 0333"),
    ('F', "400006 0333"),
    ('G', "413010010516364543 4323"),
    ('H', "0006 4046 0343"),
    ('J', "4045361605"),
    ('K', "0006 400346"),
    ('M', "0600234046"),
    ('N', "06004640"),
    ('P', "06003041423303"),
    ('Q', "100105163645413010 2446"),
    ('R', "06003041423303 2346"),
    ('S', "413010010213334445361605"),
    ('T', "0040 2026"),
    ('U', "000516364540"),
    ('V', "002640"),
    ('W', "0016233640"),
    ('X', "0046 4006"),
    ('Y', "002340 2326"),
    ('Z', "00400646"),
    ('2', "01103041420646"),
    ('3', "01103041423313 334445361605"),
    ('4', "300444 3036"),
    ('5', "400002324445361605"),
    ('6', "413010010516364544331304"),
    ('7', "004016"),
    ('8', "103041423313020110 133344453616050413"),
    ('9', "423313020110304145361605"),
];

fn points(strokes: &str) -> Vec<Vec<(f32, f32)>> {
    let stroke = |stroke: &str| {
        let digits: Vec<f32> = stroke
            .chars()
            .filter_map(|digit| digit.to_digit(10))
            .map(|digit| f32::from(u16::try_from(digit).unwrap_or(0)))
            .collect();
        digits.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect::<Vec<_>>()
    };
    strokes.split(' ').map(stroke).filter(|stroke| stroke.len() > 1).collect()
}

/// The image of a text, as SVG.
fn image(text: &str) -> String {
    let mut rng = rand::rng();
    let mut svg =
        String::from("<svg xmlns='http://www.w3.org/2000/svg' width='140' height='48' viewBox='0 0 140 48'>");
    svg.push_str("<rect width='140' height='48' fill='#f4f6f8'/>");
    for (place, sign) in text.chars().enumerate() {
        let strokes = GLYPHS.iter().find(|(glyph, _)| *glyph == sign).map(|(_, strokes)| points(strokes));
        let (left, top) =
            (10.0 + 32.0 * place as f32 + rng.random_range(-2.0..2.0), 8.0 + rng.random_range(-3.0..3.0));
        let (wide, high) = (rng.random_range(4.2..5.6), rng.random_range(4.6..5.6));
        let (lean, turn): (f32, f32) = (rng.random_range(-0.25..0.25), rng.random_range(-0.2..0.2));
        for stroke in strokes.unwrap_or_default() {
            svg.push_str(
                "<polyline fill='none' stroke='#334' stroke-width='2.4' stroke-linecap='round' points='",
            );
            for (x, y) in stroke {
                let (x, y) = (x * wide + (6.0 - y) * high * lean, y * high + x * wide * turn);
                let (x, y) = (left + x + rng.random_range(-0.7..0.7), top + y + rng.random_range(-0.7..0.7));
                let _ = write!(svg, "{x:.1},{y:.1} ");
            }
            svg.push_str("'/>");
        }
    }
    for _ in 0..5 {
        let mut at = || (rng.random_range(0..140), rng.random_range(0..48));
        let ((a, b), (c, d), (e, f)) = (at(), at(), at());
        let _ =
            write!(svg, "<path d='M{a},{b} Q{c},{d} {e},{f}' fill='none' stroke='#889' stroke-width='1.2'/>");
    }
    svg.push_str("</svg>");
    svg
}

/// A new captcha: its key and its text.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn issue(tx: &Tx) -> Result<(String, String), StoreError> {
    let text: String = {
        let mut rng = rand::rng();
        (0..LENGTH).filter_map(|_| GLYPHS.choose(&mut rng)).map(|(glyph, _)| *glyph).collect()
    };
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO captcha (id, answer, created_at) VALUES ($1, $2, $3)";
    let answer = answer_of(&id, &text);
    execute(tx.conn(), sql, [id.clone().into(), answer.into(), tx.now().as_millis().into()]).await?;
    let sql = "DELETE FROM captcha WHERE created_at < $1";
    execute(tx.conn(), sql, [(tx.now().as_millis() - 2 * VALID_MS).into()]).await?;
    Ok((id, text))
}

/// Uses the captcha up; whether the text was right and in time.
///
/// # Errors
/// [`StoreError`].
pub async fn redeem(tx: &Tx, id: &str, text: &str) -> Result<bool, StoreError> {
    let Some(row) =
        one(tx.conn(), "SELECT answer, created_at FROM captcha WHERE id = $1", [id.into()]).await?
    else {
        return Ok(false);
    };
    execute(tx.conn(), "DELETE FROM captcha WHERE id = $1", [id.into()]).await?;
    let (answer, created_at): (String, i64) = (column(&row, "answer")?, column(&row, "created_at")?);
    let right = bool::from(answer.as_bytes().ct_eq(answer_of(id, text.trim()).as_bytes()));
    Ok(right && tx.now().as_millis() - created_at <= VALID_MS)
}

fn answer_of(id: &str, text: &str) -> String {
    hex::encode(Sha256::digest(format!("{id} {}", text.to_ascii_uppercase())))
}

/// A new image (PO-056).
///
/// # Errors
/// 429.
#[utoipa::path(post, path = "/api/v1/captchas", tag = "identity", security(()),
    responses((status = 201, description = "an image and its key; 300 seconds, one attempt", body = serde_json::Value,
               example = json!({"captcha_id": "…", "image": "data:image/svg+xml;…", "expires_in_s": 300})), (status = 429, description = "too often")))]
pub async fn draw(
    State(central): State<Central>,
    Address(address): Address,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let (id, text) = issue(&tx).await?;
    tx.commit().await?;
    let image = format!("data:image/svg+xml;utf8,{}", image(&text).replace('#', "%23"));
    Ok((
        StatusCode::CREATED,
        Json(json!({"captcha_id": id, "image": image, "expires_in_s": VALID_MS / 1000})),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PO-060: A to Z and 2 to 9 without I, L, O; every character has strokes on its grid, and no text is in the image.
    #[test]
    fn the_alphabet_has_no_lookalikes_and_every_sign_is_drawn() {
        let alphabet: String = GLYPHS.iter().map(|(glyph, _)| *glyph).collect();
        assert_eq!(alphabet, "ABCDEFGHJKMNPQRSTUVWXYZ23456789");
        for (glyph, strokes) in GLYPHS {
            let drawn = points(strokes);
            assert!(!drawn.is_empty(), "{glyph}");
            let inside = |(x, y): &(f32, f32)| (0.0..=4.0).contains(x) && (0.0..=6.0).contains(y);
            assert!(drawn.iter().flatten().all(inside), "{glyph}: {drawn:?}");
        }
        let image = image("YEBQ");
        assert!(
            !image.contains("text") && !image.contains("YEBQ") && image.matches("<polyline").count() >= 8
        );
    }
}
