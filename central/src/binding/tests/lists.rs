//! What a list costs: how the database finds a page and counts, on the indexes that there are.

use chrono::NaiveDate;

use crate::{
    binding::store::{KEY, NEWEST_FIRST, TABLE},
    declaration::query::{self, Conditions, Page, Period},
    store::plan,
    test_app::TestApp,
};

/// design section 5, "query": whoever looks, and whatever else is asked for, a page is found in an index in its order, nothing is sorted, and
/// neither page nor count looks into a record for it; whether PostgreSQL, too, need not look there, its own figures say.
#[tokio::test]
async fn a_list_is_read_from_an_index_in_its_order() {
    let app = TestApp::open().await;
    let day = NaiveDate::from_ymd_opt(2025, 10, 13).unwrap();
    for (columns, with_period) in [
        (&["uscc"][..], false),
        (&["uscc"], true),
        (&["uscc", "status"], false),
        (&["uscc", "status"], true),
        (&["uscc", "ie_flag", "business_type"], false),
        (&["uscc", "customs_code", "medium_type"], true),
        (&["customs_code"], false),
        (&["customs_code"], true),
        (&["customs_code", "status"], false),
        (&["customs_code", "ie_flag"], true),
    ] {
        let mut conditions = Conditions::default();
        columns.iter().for_each(|column| conditions.equals(column, "x"));
        if with_period {
            conditions.within("entry_at", Period::of_days(day, day));
        }
        let page = Page { page: 3, size: 10 };
        let (keys, values) = query::keys_statement(TABLE, KEY, &conditions, NEWEST_FIRST, page);
        let (count, counted) = query::count_statement(TABLE, &conditions, false);
        for (sql, values) in [(keys, values), (count, counted)] {
            let plan = plan(app.central.store(), &sql, values).await;
            let from_index =
                ["COVERING INDEX", "Index Scan", "Index Only Scan"].iter().any(|way| plan.contains(way));
            let sorted = plan.contains("TEMP B-TREE") || plan.contains("Sort");
            assert!(from_index && !sorted, "{sql}\n{plan}");
        }
    }
}
