//! The tables, in the order in which they came to be: a file a step. Migrations expand; contracting waits a release.
//! What is searched for stands in columns; the rest of a record stands in its `doc`, as JSON. Columns are `BIGINT`, `TEXT` or `BLOB`, in
//! capitals, which `dialect` writes for PostgreSQL; times are milliseconds since 1970 in UTC.

mod m0001;
mod m0002;
mod m0003;
mod m0004;
mod m0005;
mod m0006;
mod m0007;
mod m0008;
mod m0009;
mod m0010;
mod m0011;
mod m0013;
mod m0014;
mod m0015;
mod m0016;
mod m0017;
mod m0021;
mod m0032;
mod m0040;
mod m0041;
mod m0042;

use sea_orm_migration::{
    MigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait,
    prelude::{ConnectionTrait, DbErr},
};

use super::dialect;

const STEPS: &[Step] = &[
    m0001::STEP,
    m0002::STEP,
    m0003::STEP,
    m0004::STEP,
    m0005::STEP,
    m0006::STEP,
    m0007::STEP,
    m0008::STEP,
    m0009::STEP,
    m0010::STEP,
    m0011::STEP,
    m0013::STEP,
    m0014::STEP,
    m0015::STEP,
    m0016::STEP,
    m0017::STEP,
    m0021::STEP,
    m0032::STEP,
    m0040::STEP,
    m0041::STEP,
    m0042::STEP,
];

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
            let connection = manager.get_connection();
            let statement = dialect::written_for(connection.get_database_backend(), statement);
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
