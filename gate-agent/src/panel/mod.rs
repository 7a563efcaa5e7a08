//! 本地面板: what the agent says of itself on its own machine: probes, figures, state.

mod metrics;

pub use metrics::{DeviceMetrics, Figures, Metrics, SharedMetrics};
