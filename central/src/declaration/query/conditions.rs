//! 查询条件: what a list selects, as SQL.
//! Promises: values reach the database as values only; where a choice was asked for, such as one of several offices, each way of it can be found
//! by itself in an index (decision 0061).
//! Absent on purpose: which conditions a manual has (its `search`).

use sea_orm::Value;

use super::Period;

/// Choices that are found each by itself; more make statements longer than is worth while, and SQLite takes 500 parts.
const MOST_WAYS: usize = 100;

/// `WHERE`, part by part.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    all: Vec<Condition>,
    /// One of these, and no record meets two of them; none where there is no such choice.
    ways: Vec<Condition>,
}

/// SQL in which `?` stands for the values.
type Condition = (String, Vec<Value>);

impl Conditions {
    /// Adds a condition in which `?` stands for its values, separated by commas where there are several, or
    /// each `?` for one of them. In none nothing is found.
    pub fn add(&mut self, condition: impl Into<String>, values: Vec<Value>) {
        self.all.push((condition.into(), values));
    }

    /// The column equals the text.
    pub fn equals(&mut self, column: &str, text: &str) {
        self.add(format!("{column} = ?"), vec![text.into()]);
    }

    /// The column contains the text, without regard to the case of Latin letters, as both databases compare them.
    pub fn contains(&mut self, column: &str, text: &str) {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_").to_ascii_lowercase();
        self.add(format!("LOWER({column}) LIKE ? ESCAPE '\\'"), vec![format!("%{escaped}%").into()]);
    }

    /// The column has one of the values, such as the offices of an officer. What each of them selects is found by itself, in the order of the
    /// list, so that an index which begins with the column serves for several as for one.
    pub fn one_of(&mut self, column: &str, values: impl IntoIterator<Item = Value>) {
        let ways = distinct(values).into_iter().map(|value| (format!("{column} = ?"), vec![value]));
        self.one_way(ways.collect());
    }

    /// One of the two columns has one of the values; found as by [`Self::one_of`].
    pub fn in_either(&mut self, columns: [&str; 2], values: &[Value]) {
        let ([first, second], values) = (columns, distinct(values.iter().cloned()));
        let places = vec!["?"; values.len()].join(", ");
        let ours = values.iter().map(|value| (format!("{first} = ?"), vec![value.clone()]));
        // What the first column selects already is not selected again.
        let theirs = values.iter().map(|value| {
            let condition = format!("{second} = ? AND ({first} IS NULL OR {first} NOT IN ({places}))");
            (condition, [std::slice::from_ref(value), &*values].concat())
        });
        self.one_way(ours.chain(theirs).collect());
    }

    /// One of these conditions, no two of which a record meets.
    fn one_way(&mut self, ways: Vec<Condition>) {
        if ways.is_empty() {
            self.add("1 = 0", Vec::new());
        } else if ways.len() * self.ways.len().max(1) > MOST_WAYS {
            self.all.push(any_of(&ways));
        } else if self.ways.is_empty() {
            self.ways = ways;
        } else {
            // Whoever asked for one choice and then for another asks for each of one with each of the other.
            let both = |first: &Condition, second: &Condition| {
                (format!("{} AND {}", first.0, second.0), [&*first.1, &*second.1].concat())
            };
            let pairs = self.ways.iter().flat_map(|first| ways.iter().map(move |second| both(first, second)));
            self.ways = pairs.collect();
        }
    }

    /// The instant in the column lies in the period.
    pub fn within(&mut self, column: &str, period: Period) {
        self.add(format!("{column} >= ?"), vec![period.from.as_millis().into()]);
        self.add(format!("{column} < ?"), vec![period.until.as_millis().into()]);
    }

    /// The clause with its places from `$1` on, and the values for them.
    #[must_use]
    pub fn sql(&self) -> (String, Vec<Value>) {
        let ways = (!self.ways.is_empty()).then(|| any_of(&self.ways));
        let conditions: Vec<&Condition> = ways.iter().chain(&self.all).collect();
        let mut places = 1..;
        let clauses: Vec<_> = conditions.iter().map(|condition| placed(condition, &mut places)).collect();
        (joined(&clauses), conditions.iter().flat_map(|(_, values)| values.clone()).collect())
    }

    /// Clauses, which together select what the conditions do, and none what another one does; and the values for all of them.
    pub(super) fn parts(&self) -> (Vec<String>, Vec<Value>) {
        if self.ways.len() < 2 {
            let (clause, values) = self.sql();
            return (vec![clause], values);
        }
        let mut places = 1..;
        let all: Vec<_> = self.all.iter().map(|condition| placed(condition, &mut places)).collect();
        let part = |way| joined(&[std::slice::from_ref(&placed(way, &mut places)), &*all].concat());
        let parts = self.ways.iter().map(part).collect();
        (parts, self.all.iter().chain(&self.ways).flat_map(|(_, values)| values.clone()).collect())
    }
}

/// Each once: what is asked for twice is found once.
fn distinct(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// The conditions as one of which any may hold.
fn any_of(ways: &[Condition]) -> Condition {
    if let [way] = ways {
        return way.clone();
    }
    let all_values = || ways.iter().flat_map(|(_, values)| values.clone()).collect();
    if let Some((condition, _)) = ways.first()
        && let Some(column) = condition.strip_suffix(" = ?").filter(|column| !column.contains(' '))
        && ways.iter().all(|(other, _)| other == condition)
    {
        // PostgreSQL answers a list from one index, and alternatives from several.
        return (format!("{column} IN (?)"), all_values());
    }
    let any: Vec<_> = ways.iter().map(|(condition, _)| &**condition).collect();
    (format!("({})", any.join(" OR ")), all_values())
}

fn placed((condition, values): &Condition, places: &mut std::ops::RangeFrom<usize>) -> String {
    if values.is_empty() && condition.contains('?') {
        // An empty list is no SQL.
        return "1 = 0".to_owned();
    }
    let list: Vec<_> = places.take(values.len()).map(|place| format!("${place}")).collect();
    if condition.matches('?').count() == 1 {
        return condition.replacen('?', &list.join(", "), 1);
    }
    list.iter().fold(condition.clone(), |condition, place| condition.replacen('?', place, 1))
}

fn joined(clauses: &[String]) -> String {
    if clauses.is_empty() { "1 = 1".to_owned() } else { clauses.join(" AND ") }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Page, count_statement, keys_statement},
        *,
    };

    /// PO-217: a wildcard in a condition is a character like any other.
    #[test]
    fn conditions_reach_the_database_as_values() {
        let mut conditions = Conditions::default();
        conditions.contains("name", "50%_\\x");
        conditions.add("status IN (?)", vec!["A".into(), "B".into()]);
        let (clause, values) = conditions.sql();
        assert_eq!(clause, "LOWER(name) LIKE $1 ESCAPE '\\' AND status IN ($2, $3)");
        assert_eq!(values[1..], ["A".into(), "B".into()]);
        assert_eq!(values[0], Value::from("%50\\%\\_\\\\x%"));
        let mut nowhere = Conditions::default();
        nowhere.add("office IN (?)", Vec::new());
        nowhere.equals("name", "a");
        assert_eq!(nowhere.sql(), ("1 = 0 AND name = $1".to_owned(), vec!["a".into()]));
    }

    /// Offices of an officer: each is found by itself, and what is both is found once.
    #[test]
    fn each_of_several_ways_is_a_statement_that_an_index_serves() {
        let mut conditions = Conditions::default();
        conditions.equals("status", "S");
        conditions.in_either(["ours", "theirs"], &["C".into()]);
        let theirs = "theirs = $3 AND (ours IS NULL OR ours NOT IN ($4)) AND status = $1";
        let (sql, values) = count_statement("t", &conditions, false);
        let parts = format!(
            "SELECT 1 AS hit FROM t WHERE ours = $2 AND status = $1 UNION ALL SELECT 1 AS hit FROM t WHERE {theirs}"
        );
        assert_eq!(sql, format!("SELECT COUNT(*) AS total FROM ({parts} LIMIT 10001) AS hits"));
        assert_eq!(values, ["S".into(), "C".into(), "C".into(), "C".into()]);
        let page = Page { page: 2, size: 10 };
        let (sql, _) = keys_statement("t", "number", &conditions, "at DESC, number", page);
        let way = |place, clause: &str| {
            format!(
                "SELECT * FROM (SELECT at, number FROM t WHERE {clause} ORDER BY at DESC, number LIMIT 20) AS way{place}"
            )
        };
        let ways = [way(0, "ours = $2 AND status = $1"), way(1, theirs)].join(" UNION ALL ");
        assert_eq!(
            sql,
            format!("SELECT number FROM ({ways}) AS ways ORDER BY at DESC, number LIMIT 10 OFFSET 10")
        );
        let (clause, values) = conditions.sql();
        assert_eq!(
            clause,
            "(ours = $1 OR theirs = $2 AND (ours IS NULL OR ours NOT IN ($3))) AND status = $4"
        );
        assert_eq!(values.len(), 4);
        let mut one = Conditions::default();
        one.one_of("office", ["C".into()]);
        let mut pairs = Conditions::default();
        pairs.one_of("office", ["C".into()]);
        pairs.one_of("key", ["K".into(), "L".into()]);
        let pairs = count_statement("t", &pairs, true);
        let part = |clause: &str| format!("SELECT 1 AS hit FROM t WHERE {clause}");
        let parts = [part("office = $1 AND key = $2"), part("office = $3 AND key = $4")].join(" UNION ALL ");
        assert_eq!(pairs.0, format!("SELECT COUNT(*) AS total FROM ({parts}) AS hits"));
        assert_eq!(pairs.1, ["C".into(), "K".into(), "C".into(), "L".into()]);
        assert_eq!(
            keys_statement("t", "number", &one, "number", page).0,
            "SELECT number FROM t WHERE office = $1 ORDER BY number LIMIT 10 OFFSET 10"
        );
        one.one_of("again", ["C".into(), "C".into()]);
        assert_eq!(one.sql().0, "office = $1 AND again = $2");
        let (mut none, mut many) = (Conditions::default(), Conditions::default());
        none.one_of("office", []);
        assert_eq!(none.sql(), ("1 = 0".to_owned(), Vec::new()));
        many.one_of("office", (0..101).map(Value::from));
        let (sql, values) = count_statement("t", &many, false);
        assert!(sql.contains("office IN ($1, $2,") && !sql.contains("UNION") && values.len() == 101);
    }
}
