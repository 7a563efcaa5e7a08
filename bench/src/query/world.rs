//! Whose records there are, where and since when: enterprises and offices of very unlike sizes, over two years.
//! Promises: the same number is the same record at each run of a day; nothing here is drawn twice.

use anyhow::Context;
use chrono::{Days, NaiveDate};
use protocols::{
    contract::UtcMillis,
    ids::{CustomsCode, Uscc, UsccError},
};

/// Enterprises: the largest has an eighth of all records, half of them have a ten-thousandth or less.
const ENTERPRISES: u32 = 2000;
/// Offices: the largest has a fifth of the records.
const OFFICES: u32 = 40;
/// How far back the records go.
pub(crate) const SPAN_DAYS: u32 = 730;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;

const PLACES: [&str; 12] = [
    "满洲里",
    "二连浩特",
    "上海",
    "青岛",
    "深圳",
    "天津",
    "宁波",
    "大连",
    "额济纳",
    "珲春",
    "霍尔果斯",
    "黑河",
];
pub(crate) const WORDS: [&str; 20] = [
    "草原", "远航", "恒通", "金源", "北方", "华泰", "瑞丰", "长青", "盛达", "永兴", "东海", "天成", "宏远",
    "嘉禾", "中联", "顺和", "信义", "安达", "同辉", "德隆",
];
const TRADES: [&str; 5] = ["煤业", "国际货运代理", "进出口", "物流", "报关"];

/// 企业.
pub(crate) struct Enterprise {
    pub(crate) uscc: Uscc,
    /// 海关十位编码.
    pub(crate) code: String,
    pub(crate) name: String,
    /// The office that sees most of it.
    home: usize,
}

/// Everybody, and the time at which it is.
pub(crate) struct World {
    pub(crate) enterprises: Vec<Enterprise>,
    pub(crate) offices: Vec<CustomsCode>,
    pub(crate) now: i64,
    /// How many records of a manual.
    pub(crate) records: u32,
    sizes: Vec<u64>,
    office_sizes: Vec<u64>,
}

/// Numbers that look like chance and are the same at each run.
pub(crate) const fn chance(salt: u64, number: u64) -> u64 {
    let mut mixed =
        number.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// One of the list, by chance.
pub(crate) fn one_of<T>(list: &[T], chance: u64) -> anyhow::Result<&T> {
    let count = u64::try_from(list.len())?.max(1);
    list.get(usize::try_from(chance % count)?).context("an empty list")
}

/// One of the list, each with its share of a hundred.
pub(crate) fn share<T: Copy>(shares: &[(T, u64)], chance: u64) -> anyhow::Result<T> {
    let (mut place, mut found) = (chance % 100, None);
    for (what, share) in shares {
        found = Some(*what);
        if place < *share {
            break;
        }
        place -= share;
    }
    found.context("an empty list")
}

/// Sums of weights that fall as one over the rank.
fn sizes(count: u32) -> Vec<u64> {
    let weights = (1..=u64::from(count)).map(|rank| 1_000_000 / rank);
    weights
        .scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

fn ranked(sizes: &[u64], chance: u64) -> usize {
    let place = chance % sizes.last().copied().unwrap_or(1).max(1);
    sizes.partition_point(|sum| *sum <= place)
}

impl World {
    /// The world at this time.
    ///
    /// # Errors
    /// None in practice: the codes are within their rules.
    pub(crate) fn new(now: UtcMillis, records: u32) -> anyhow::Result<Self> {
        let office_sizes = sizes(OFFICES);
        let enterprise = |rank: u32| -> anyhow::Result<Enterprise> {
            let draw = chance(1, rank.into());
            let name = format!(
                "{}{}{}有限公司",
                one_of(&PLACES, draw)?,
                one_of(&WORDS, draw >> 16)?,
                one_of(&TRADES, draw >> 32)?
            );
            let code = format!("15079{:05}", rank + 1);
            Ok(Enterprise { uscc: uscc(rank)?, code, name, home: ranked(&office_sizes, draw >> 8) })
        };
        let enterprises = (0..ENTERPRISES).map(enterprise).collect::<anyhow::Result<_>>()?;
        let office = |rank: u32| Ok(CustomsCode::parse(&format!("{:04}", 700 + rank))?);
        let offices = (0..OFFICES).map(office).collect::<anyhow::Result<_>>()?;
        Ok(Self {
            enterprises,
            offices,
            now: now.as_millis(),
            records,
            sizes: sizes(ENTERPRISES),
            office_sizes,
        })
    }

    /// Whose a record is.
    pub(crate) fn enterprise(&self, number: u32) -> anyhow::Result<&Enterprise> {
        self.enterprises.get(ranked(&self.sizes, chance(2, number.into()))).context("no such enterprise")
    }

    /// Where: at the enterprise's own office four times out of five.
    pub(crate) fn office(&self, enterprise: &Enterprise, number: u32) -> anyhow::Result<CustomsCode> {
        let draw = chance(3, number.into());
        let rank =
            if draw.is_multiple_of(5) { ranked(&self.office_sizes, draw >> 8) } else { enterprise.home };
        self.offices.get(rank).copied().context("no such office")
    }

    /// When: in the order of the numbers, to the day, within the hours of work in China.
    pub(crate) fn at(&self, number: u32) -> i64 {
        let days = i64::from(number) * i64::from(SPAN_DAYS) / i64::from(self.records.max(1));
        let of_day =
            i64::try_from(chance(4, number.into()) % 11 * 3_600_000 + chance(5, number.into()) % 3_600_000);
        let day = (self.now / DAY - i64::from(SPAN_DAYS) + days) * DAY;
        (day + of_day.unwrap_or_default()).min(self.now - HOUR)
    }

    /// A period of so many days, somewhere in these years.
    ///
    /// # Errors
    /// None in practice.
    pub(crate) fn days(&self, days: u32, chance: u64) -> anyhow::Result<(NaiveDate, NaiveDate)> {
        let today = chrono::DateTime::from_timestamp_millis(self.now).context("no such time")?.date_naive();
        let back = u64::from(days) + chance % u64::from(SPAN_DAYS - days);
        let from = today.checked_sub_days(Days::new(back)).context("no such day")?;
        Ok((from, from.checked_add_days(Days::new(u64::from(days) - 1)).context("no such day")?))
    }
}

/// A code with its check character.
fn uscc(rank: u32) -> anyhow::Result<Uscc> {
    let code = format!("91150781MA{rank:07}");
    match Uscc::parse(&format!("{code}0")) {
        Err(UsccError::CheckCharacter { expected, .. }) => Ok(Uscc::parse(&format!("{code}{expected}"))?),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_have_much_and_many_have_little() {
        let world = World::new(UtcMillis::parse("2026-11-01T08:00:00Z").unwrap(), 100_000).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for number in 0..100_000 {
            *counts.entry(world.enterprise(number).unwrap().code.clone()).or_insert(0) += 1;
            let at = world.at(number);
            assert!(at < world.now && at >= world.now - i64::from(SPAN_DAYS + 1) * DAY);
        }
        let largest = counts.values().max().copied().unwrap();
        assert!((10_000..15_000).contains(&largest) && counts.len() > 1500, "{largest} {}", counts.len());
        let (from, to) = world.days(30, 5).unwrap();
        assert_eq!((to - from).num_days(), 29);
        assert_eq!(share(&[("a", 60), ("b", 40)], 160).unwrap(), "b");
    }
}
