//! The tables, in the order in which they came to be: a file a step. Migrations expand; contracting waits a release.
//! What is searched for stands in columns; the rest of a record stands in its `doc`, as JSON. `BIGINT` and `TEXT` are understood alike
//! by SQLite and PostgreSQL; times are milliseconds since 1970 in UTC.

mod m0001;
mod m0002;
mod m0003;
mod m0009;

use sea_orm_migration::{
    MigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait,
    prelude::{ConnectionTrait, DbErr},
};

const STEPS: &[Step] = &[m0001::STEP, m0002::STEP, m0003::STEP, m0009::STEP];

pub(super) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }
}

/// One step.
#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    statements: &'static [&'static str],
}

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in self.statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
