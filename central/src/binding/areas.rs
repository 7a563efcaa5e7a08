//! 关区代码表: the national customs areas, embedded as dated reference data.
//! Source: spec SG-100; the published table of 2020 in `data/customs_districts.csv`.

use std::collections::BTreeMap;

use protocols::ids::CustomsCode;

/// The table.
#[derive(Clone, Debug)]
pub struct CustomsAreas(BTreeMap<CustomsCode, &'static str>);

impl CustomsAreas {
    /// The embedded table. A line that is no code is left out; a test holds that there is none.
    #[must_use]
    pub fn embedded() -> Self {
        let row = |line: &'static str| {
            let (code, rest) = line.split_once(',')?;
            Some((CustomsCode::parse(code).ok()?, rest.split(',').next()?))
        };
        Self(TABLE.lines().skip(1).filter_map(row).collect())
    }

    /// The Chinese name of an area, if the table has it.
    #[must_use]
    pub fn name(&self, code: &CustomsCode) -> Option<&'static str> {
        self.0.get(code).copied()
    }
}

const TABLE: &str = include_str!("../../data/customs_districts.csv");

#[cfg(test)]
mod tests {
    use super::*;

    /// SG-100: every line of the table is a code with a name.
    #[test]
    fn the_whole_table_is_read() {
        let areas = CustomsAreas::embedded();
        assert_eq!(areas.0.len(), TABLE.lines().count() - 1);
        assert_eq!(areas.name(&CustomsCode::parse("0708").unwrap()), Some("乌拉特关"));
        assert_eq!(areas.name(&CustomsCode::parse("0799").unwrap()), None);
    }
}
