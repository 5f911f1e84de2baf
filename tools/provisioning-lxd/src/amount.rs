//! Sizes and numbers: ours are of whole or broken gigabytes, LXD's are texts with a unit.

use provisioning::resource::Value;

const GIB: f64 = 1_073_741_824.0;

/// Gigabytes as LXD takes them: whole ones as such, others in MiB.
pub(crate) fn size(value: &Value) -> Option<String> {
    match value {
        Value::Integer(gb) if *gb > 0 => Some(format!("{gb}GiB")),
        Value::Real(gb) if gb.is_finite() && *gb > 0.0 => Some(format!("{:.0}MiB", (gb * 1024.0).max(1.0))),
        _ => None,
    }
}

/// The gigabytes that a text of LXD says.
pub(crate) fn gigabytes(text: &str) -> Option<Value> {
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let bytes = match unit.trim() {
        "" | "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => GIB,
        "TiB" => GIB * 1024.0,
        _ => return None,
    };
    let gb = number.parse::<f64>().ok()? * bytes / GIB;
    // What was written as a whole number is read as one.
    let whole = format!("{gb}").parse::<i64>();
    Some(whole.map_or(Value::Real(gb), Value::Integer))
}

/// Processors as LXD takes them.
pub(crate) fn processors(value: &Value) -> Option<String> {
    value.integer().filter(|cpu| *cpu > 0).map(|cpu| cpu.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_back_as_they_went() {
        for value in [
            Value::Integer(4),
            Value::Real(0.5),
            Value::Real(0.0625),
            Value::Integer(65536),
        ] {
            let text = size(&value).expect("a size");
            assert_eq!(gigabytes(&text), Some(value), "{text}");
        }
        assert_eq!(gigabytes("1024MiB"), Some(Value::Integer(1)));
        assert_eq!(gigabytes("1073741824"), Some(Value::Integer(1)));
        for text in ["50%", "", "GiB", "1 parsec"] {
            assert_eq!(gigabytes(text), None, "{text}");
        }
        for value in [Value::Integer(0), Value::Real(f64::NAN), Value::from("4")] {
            assert_eq!(size(&value), None);
        }
    }
}
