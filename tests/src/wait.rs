//! Waiting for a condition, with a deadline and words for what was waited for.

use std::{fmt::Display, time::Duration};

use anyhow::{Result, bail};

use crate::clock;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until there is something.
///
/// # Errors
/// What the look itself says, at once; or that it did not come within that time.
pub async fn until<T>(
    what: impl Display,
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let begun = clock::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if begun.elapsed() >= within {
            bail!("waited {} s in vain for {what}", within.as_secs_f32());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The same for a plain yes or no.
///
/// # Errors
/// As [`until`].
pub async fn until_true(
    what: impl Display,
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    until(what, within, async || Ok(look().await?.then_some(()))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_with_the_condition_or_names_it() {
        let mut left = 3;
        let counted = until("zero", Duration::from_secs(5), async || {
            left -= 1;
            Ok((left == 0).then_some("here"))
        });
        assert_eq!(counted.await.unwrap(), "here");
        let never = until_true("the moon", Duration::ZERO, async || Ok(false)).await.unwrap_err();
        assert_eq!(never.to_string(), "waited 0 s in vain for the moon");
        let broken =
            until_true("nothing", Duration::from_secs(5), async || bail!("broken")).await.unwrap_err();
        assert_eq!(broken.to_string(), "broken");
    }
}
