//! Frames from captures, public drivers and manuals; those marked `computed` were made by script and checked again. When
//! one fails, the code is wrong, not this file. Columns: id, format, bytes, what the decoder tells until the gap.

use crate::scale::wire::Format::{self, A9, A9Command, A12, A12Bare, And18, Cas10, Cas22, Equals, Mt};
use crate::scale::wire::a9::Ninth;
use crate::scale::wire::{equals, mt};

pub(super) type Vector = (&'static str, Format, &'static str, &'static [&'static str]);

const NINTH: Ninth = Ninth::Decimals;
const CHECKED: Format = Mt(mt::Form::CHECKED);
const PLAIN: Format = Mt(mt::Form::PLAIN);
const ONE: Format = Equals(equals::Form::ONE);
const TWO: Format = Equals(equals::Form::TWO);
const LAST: Format = Equals(equals::Form::LAST);

/// Sound frames.
pub(super) const VALID: &[Vector] = &[
    // + 001560, no decimals: a vehicle known to weigh 1560 kg, at 1200 baud (public driver note with captures).
    ("W1", A9(NINTH), "02 2B 303031353630 30 3139 03", &["1560 kg"]),
    // An empty platform (same note; Rainthium/vesy-gti, live dump).
    ("W2", A9(NINTH), "02 2B 303030303030 30 3142 03", &["0 kg"]),
    // Two decimals: byte 9 is their number, not a seventh digit (public truck-scale service comment).
    ("W3", A9(NINTH), "02 2B 303030323035 32 3145 03", &["2.05 kg"]),
    ("W4", A9(NINTH), "02 2B 303030303230 30 3139 03", &["20 kg"]),
    // Computed.
    ("W5", A9(NINTH), "02 2D 303030303230 30 3146 03", &["-20 kg"]),
    // Address A, gross, +008880 with three decimals (public protocol test program).
    ("W7", A9Command(NINTH), "02 41 42 2B 303038383830 33 3133 03", &["A Gross gross 8.880 kg"]),
    // The answer to a handshake has the bytes of its request.
    ("W8", A9Command(NINTH), "02 41 41 3030 03", &["A Handshake"]),
    // `WG004.139kg3D` (XK3190-A12E manual p. 13).
    ("W9", A12, "5747 3030342E313339 6B67 3344 0D0A", &["gross 4.139 kg"]),
    // Nine blanks, OL, 23 (the same page); LO has the same check.
    ("W10", A12, "202020202020202020 4F4C 3233 0D0A", &["overload"]),
    ("W10 below zero", A12, "202020202020202020 4C4F 3233 0D0A", &["underload"]),
    // Status A 31: a dummy zero inside, increment 2; the tare is a zero and its dummy zero (public IND245 comment).
    ("W11", CHECKED, "02 313020 202020323030 202020203030 0D 1E", &["gross 200 kg at rest tare 0 kg"]),
    // 16960, not 169600 (linxy5326/GroundScaleSimulator).
    ("W12", PLAIN, "02 313020 203136393630 202020203030 0D", &["gross 16960 kg at rest tare 0 kg"]),
    // Computed: the motion bit.
    ("W13", CHECKED, "02 2A3820 203132333430 202020202030 0D 05", &["gross 12340 kg in motion tare 0 kg"]),
    // Computed: net and negative bits.
    ("W14", CHECKED, "02 2A3320 202020203430 202020313030 0D 1F", &["net -40 kg at rest tare 100 kg"]),
    // Computed: the out-of-range bit, and no digits.
    ("W15", CHECKED, "02 2A3420 202020202020 202020202030 0D 63", &["gross out of range at rest tare 0 kg"]),
    // Blank id and lamps; here the unit comes before the blank (public CAS emulator output).
    ("W16", Cas22, "5354 2C 4753 2C 2020 2C 2020202020202030 6B6720 0D0A", &["gross 0 kg at rest"]),
    // `US`: in motion (bgerp/PiCons).
    ("W17", And18, "5553 2C 4753 2C 2B 202032372E3236 6B67 0D0A", &["gross 27.26 kg in motion"]),
    // `=000.3000` and `=00.1000-` (XK3190-A26 manual p. 13).
    ("W18", ONE, "3D 3030302E333030 30", &["3.000 kg"]),
    ("W19", ONE, "3D 30302E31303030 2D", &["-1.00 kg"]),
    // Format 2, the same page: `=0003.000` and `=-0001.00`.
    ("format 2", TWO, "3D 30 3030332E303030", &["3.000 kg"]),
    ("format 2 negative", TWO, "3D 2D 303030312E3030", &["-1.00 kg"]),
    // `543.210=`, 12.345 (garrett-he/weighbridge-simulator, as run).
    ("= last", LAST, "3534332E323130 3D", &["12.345 kg"]),
    // Mettler's "ASCII weight": point, six reversed digits.
    ("ASCII weight", LAST, "2E 303639363130 3D", &["16960 kg"]),
    // `ww000.000kg`, `wn-0000.1kg`, `wt002.000kg`: the A12 mode without a check.
    ("A12 bare", A12Bare, "7777 3030302E303030 6B67 0D0A", &["gross 0.000 kg"]),
    ("A12 bare net", A12Bare, "776E 2D303030302E31 6B67 0D0A", &["net -0.1 kg"]),
    ("A12 bare tare", A12Bare, "7774 3030322E303030 6B67 0D0A", &["tare 2.000 kg"]),
    // Computed: without a point the last of the seven characters is blank.
    ("A12 whole", A12, "574E 30303135363020 6B67 3337 0D0A", &["net 1560 kg"]),
    // `ST,GS,+  4.876kg` (A&D manual's own example).
    ("A&D", And18, "5354 2C 4753 2C 2B 2020342E383736 6B67 0D0A", &["gross 4.876 kg at rest"]),
    // A CI-201A with blanks inside the number (Rainthium/vesy-gti, cas22.md).
    ("CI-201A", Cas22, "5354 2C 4753 2C 2020 2C 2020203120343630 206B67 0D0A", &["gross 1460 kg at rest"]),
    // Eight characters and no more.
    ("CAS 10", Cas10, "2020203135363030 0D0A", &["15600 kg"]),
    // Computed: the short form, with and without a check.
    ("MT short", Mt(mt::Form::SHORT), "02 2A3020 203132333430 0D", &["gross 12340 kg at rest"]),
    (
        "MT short checked",
        Mt(mt::Form::SHORT_CHECKED),
        "02 2A3020 203132333430 0D 5D",
        &["gross 12340 kg at rest"],
    ),
    // Computed: a check that is 02, and one that is 0D, are taken by their place.
    (
        "MT check 02",
        CHECKED,
        "02 2A3020 203130323939 202020202030 0D 02",
        &["gross 10299 kg at rest tare 0 kg"],
    ),
    (
        "MT check 0D",
        CHECKED,
        "02 2A3020 203130303039 202020202030 0D 0D",
        &["gross 10009 kg at rest tare 0 kg"],
    ),
];

/// Broken frames, and streams of several.
pub(super) const BROKEN: &[Vector] = &[
    // 1A would be right.
    ("WX1", A9(NINTH), "02 2B 303030303030 31 3142 03", &["bad check of 12"]),
    // A check of A9 always begins with 1.
    ("WX2", A9(NINTH), "02 2B 303132353030 30 4532 03", &["bad check of 12"]),
    // Cut short, then whole.
    ("WX3", A9(NINTH), "02 2B 303031 02 2B 303031353630 30 3139 03", &["noise 5", "1560 kg"]),
    // Five decimals do not exist, although the check holds.
    ("WX4", A9(NINTH), "02 2B 313233343536 35 3139 03", &["noise 12"]),
    // DC1 and DC3 are no STX and ETX.
    ("WX5", A9(NINTH), "11 2B 303031353630 30 3139 13", &["noise 12"]),
    // 1E would be right.
    ("WX6", CHECKED, "02 313020 202020323030 202020203030 0D 1F", &["bad check of 18"]),
    // Overload; the lamp byte 85 is no ASCII.
    ("WX7", Cas22, "4F4C 2C 4753 2C 3185 2C 2020202020202020 206B67 0D0A", &["gross overload in motion"]),
    // Sound, but from address B: for the session to discard.
    ("WX8", A9Command(NINTH), "02 42 42 2D 303030303132 31 3146 03", &["B Gross gross -1.2 kg"]),
    // No end: nothing but the gap.
    ("WX9", And18, "5354 2C 4753 2C 2B 202032372E", &["noise 12"]),
    // Clones that write the check with `?` for F.
    ("clone", A9(NINTH), "02 2D 303030303230 30 313F 03", &["-20 kg"]),
    // A lost digit costs its own frame and no other.
    (
        "lost digit",
        A9(NINTH),
        "02 2B 3030313536 30 3139 03 02 2B 303031353630 30 3139 03",
        &["noise 11", "1560 kg"],
    ),
    // A line that lost its head, then a whole one.
    (
        "cut line",
        And18,
        "2C 4753 2C 2B 202032372E3236 6B67 0D0A 5354 2C 4753 2C 2B 2020342E383736 6B67 0D0A",
        &["noise 16", "gross 4.876 kg at rest"],
    ),
    // Nine characters are no CAS 10 line, and their last eight are none either; the next line is.
    ("CAS 10 tail", Cas10, "312020203135363030 0D0A 2020203135363030 0D0A", &["noise 10", "15600 kg"]),
    // Likewise nine characters before `=`.
    ("= last tail", LAST, "313534332E32313030 3D 3534332E323130 3D", &["noise 9", "12.345 kg"]),
    // Eight characters of which the first is neither 0 nor minus.
    ("= sign", ONE, "3D 3030302E333030 35", &["noise 9"]),
    // Two points.
    ("= points", ONE, "3D 3030302E33302E 30", &["noise 9"]),
    // ERR and a code; the tare; a lamp that says "held"; a lamp that contradicts ST.
    ("ERR", And18, "455252 3031 0D0A", &["fault of the scale"]),
    ("TR", And18, "5354 2C 5452 2C 2B 2020342E383736 6B67 0D0A", &["tare 4.876 kg at rest"]),
    (
        "hold",
        Cas22,
        "5354 2C 4753 2C 31D4 2C 2020203135363030 206B67 0D0A",
        &["gross display is held at rest"],
    ),
    ("lamp", Cas22, "5354 2C 4753 2C 3184 2C 2020203135363030 206B67 0D0A", &["gross 15600 kg in motion"]),
    // Below zero by too much; no digits.
    ("OL minus", And18, "4F4C 2C 4753 2C 2D 20202020202020 6B67 0D0A", &["gross underload in motion"]),
    (
        "no digits",
        And18,
        "5354 2C 4753 2C 2B 20202020202020 6B67 0D0A",
        &["gross fault of the scale at rest"],
    ),
    // Blank digits in range; power-up zero not captured; the expanded display; pounds.
    (
        "MT blank",
        PLAIN,
        "02 2A3020 202020202020 202020202030 0D",
        &["gross fault of the scale at rest tare 0 kg"],
    ),
    (
        "MT power-up",
        PLAIN,
        "02 2A7020 202020202030 202020202030 0D",
        &["gross no zero since power-up at rest tare 0 kg"],
    ),
    ("MT expanded", PLAIN, "02 2A3030 203132333430 202020202020 0D", &["gross display is expanded at rest"]),
    ("MT pounds", PLAIN, "02 2A2020 203132333430 202020202020 0D", &["gross 12340 lb at rest"]),
    ("MT tonnes", PLAIN, "02 2D2022 202031323334 202020202020 0D", &["gross 1.234 t at rest"]),
    // Status B without its bit 5; a digit among blanks on the right.
    ("MT status", PLAIN, "02 2A1020 203132333430 202020202030 0D", &["noise 17"]),
    ("MT field", PLAIN, "02 2A3020 203132203430 202020202030 0D", &["noise 17"]),
    // Even parity in bit 7, on a port that was opened with eight data bits.
    ("MT parity", PLAIN, "82 B130A0 A0B136393630 A0A0A0A03030 8D", &["gross 16960 kg at rest tare 0 kg"]),
];
