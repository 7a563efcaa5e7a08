//! One row of the table: a figure beside the floor of the same machine in the same run.
//! Promises: a ratio is always value / floor, whichever way is better; what stands on the page stands in the JSON.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name in the table and in the JSON.
    pub(crate) name: &'static str,
    /// What was measured.
    pub(crate) value: f64,
    /// Its unit, that of the floor too.
    pub(crate) unit: &'static str,
    /// What the machine needs for the same without us; none for a figure that is itself a floor, or has none.
    pub(crate) floor: Option<f64>,
    /// What is inside the figure, and inside the floor.
    pub(crate) inside: &'static str,
}

impl Row {
    /// Value over floor.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.floor.filter(|floor| *floor > 0.0).map(|floor| self.value / floor)
    }

    fn cells(&self) -> [String; 5] {
        [
            self.name.to_owned(),
            number(self.value),
            self.unit.to_owned(),
            self.floor.map_or_else(|| "-".to_owned(), number),
            self.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        ]
    }
}

const HEAD: [&str; 5] = ["name", "value", "unit", "floor", "ratio"];

/// The table for a terminal.
pub(crate) fn text(rows: &[Row]) -> String {
    let cells: Vec<[String; 5]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(Row::cells)).collect();
    let mut widths = [0; 5];
    for line in &cells {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.len());
        }
    }
    let mut out = String::new();
    for line in &cells {
        for (place, (cell, width)) in line.iter().zip(widths).enumerate() {
            // Names and units to the left, numbers to the right. Writing to a `String` does not fail.
            let _ = match place {
                0 | 2 => write!(out, "{cell:<width$}  "),
                _ => write!(out, "{cell:>width$}  "),
            };
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// The table for the page.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut out = format!("| {} |\n| --- | ---: | --- | ---: | ---: |\n", HEAD.join(" | "));
    for row in rows {
        let [name, value, unit, floor, ratio] = row.cells();
        let _ = writeln!(out, "| `{name}` | {value} | {unit} | {floor} | {ratio} |");
    }
    out
}

/// `{name: {value, unit, floor, ratio}}`.
pub(crate) fn json(rows: &[Row]) -> Value {
    let entry =
        |row: &Row| json!({"value": row.value, "unit": row.unit, "floor": row.floor, "ratio": row.ratio()});
    rows.iter().map(|row| (row.name.to_owned(), entry(row))).collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// Three or more significant digits, without more decimals than a reader can use.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |name, value, floor| Row { name, value, unit: "us", floor, inside: "" };
        vec![
            row("decision_p50", 30.0, Some(10.0)),
            row("floor", 1234.5, None),
            row("unheard_of", 2.0, Some(0.0)),
        ]
    }

    #[test]
    fn a_figure_has_a_ratio_only_beside_a_floor() {
        let ratios: Vec<_> = rows().iter().map(Row::ratio).collect();
        assert_eq!(ratios, [Some(3.0), None, None]);
    }

    #[test]
    fn the_json_holds_what_the_table_shows() {
        let json = json(&rows());
        assert_eq!(
            json["decision_p50"],
            serde_json::json!({"value": 30.0, "unit": "us", "floor": 10.0, "ratio": 3.0})
        );
        assert_eq!(json["floor"]["ratio"], Value::Null);
    }

    #[test]
    fn the_tables_are_aligned_and_whole() {
        assert_eq!(
            text(&rows()[..2]),
            "name          value  unit  floor  ratio\n\
             decision_p50  30.00  us    10.00   3.00\n\
             floor          1234  us        -      -\n"
        );
        assert_eq!(
            markdown(&rows()[..1]).lines().last(),
            Some("| `decision_p50` | 30.00 | us | 10.00 | 3.00 |")
        );
    }
}
