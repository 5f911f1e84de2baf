//! Exact money: an integer number of nano-units of a currency. No floating point anywhere.

use std::fmt;

/// Nano-units in one unit of a currency.
const NANO: i128 = 1_000_000_000;
/// Nano-units in the smallest unit that is shown, a hundredth.
const CENT: i128 = NANO / 100;

/// An amount, in nano-units of a currency that is kept beside it. Arithmetic is checked: `None` is an overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `nanos` nano-units.
    #[must_use]
    pub fn from_nanos(nanos: i128) -> Self {
        Self(nanos)
    }

    /// The amount in nano-units.
    #[must_use]
    pub fn nanos(self) -> i128 {
        self.0
    }

    /// Reads decimal text such as `0.0416` exactly: digits, at most one point, at most nine decimals, no sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let nanos: i128 = format!("{fraction:0<9}").parse().ok()?;
        whole
            .parse::<i128>()
            .ok()?
            .checked_mul(NANO)?
            .checked_add(nanos)
            .map(Self)
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `quantity` times the amount.
    #[must_use]
    pub fn times(self, quantity: i128) -> Option<Self> {
        self.0.checked_mul(quantity).map(Self)
    }

    /// Rounded to hundredths, a half to the even one: done once per line, never to a price or a total.
    #[must_use]
    pub fn rounded(self) -> Option<Self> {
        divide_half_even(self.0, CENT)?.checked_mul(CENT).map(Self)
    }

    /// How much more than `before` this is, in tenths of a percent; `None` if `before` is nothing.
    #[must_use]
    pub fn permille_over(self, before: Self) -> Option<i128> {
        divide_half_even(self.0.checked_sub(before.0)?.checked_mul(1000)?, before.0)
    }

    /// The amount with two decimals and without a currency, such as `1,234.50`. Amounts of a line or a total have
    /// no more; of others the rest is rounded.
    #[must_use]
    pub fn cents(self) -> String {
        let cents = divide_half_even(self.0, CENT).unwrap_or_default();
        let sign = if cents < 0 { "-" } else { "" };
        let whole = group(cents.unsigned_abs() / 100);
        format!("{sign}{whole}.{:02}", cents.unsigned_abs() % 100)
    }
}

/// Every decimal that is there, at least two: `0.0416`, `38.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let unit = NANO.unsigned_abs();
        let fraction = format!("{:09}", nanos % unit);
        let shown = fraction.trim_end_matches('0');
        write!(f, "{sign}{}.{shown:0<2}", nanos / unit)
    }
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads a code of three capitals.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only capitals get in, so that this always is text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// `amount` as people write it: `$27.45`, `€38.00`, `27.45 CHF`.
    #[must_use]
    pub fn show(&self, amount: Money) -> String {
        let text = amount.cents();
        let (sign, figures) = text
            .strip_prefix('-')
            .map_or(("", text.as_str()), |rest| ("-", rest));
        match self.code() {
            "USD" => format!("{sign}${figures}"),
            "EUR" => format!("{sign}€{figures}"),
            code => format!("{text} {code}"),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// `number` with a comma between thousands.
pub(crate) fn group(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The nearest whole quotient, of two equally near ones the even one. Symmetric in the sign of `number`.
fn divide_half_even(number: i128, divisor: i128) -> Option<i128> {
    let quotient = number.checked_div(divisor)?;
    let rest = number.checked_rem(divisor)?.unsigned_abs();
    let left = divisor.unsigned_abs() - rest;
    let away = if (number < 0) == (divisor < 0) { 1 } else { -1 };
    if rest > left || (rest == left && quotient % 2 != 0) {
        quotient.checked_add(away)
    } else {
        Some(quotient)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn reads_decimal_text_exactly_or_not_at_all() {
        assert_eq!(money("0.0416").nanos(), 41_600_000);
        assert_eq!(money("360.98695").nanos(), 360_986_950_000);
        assert_eq!(money("0.000000001").nanos(), 1);
        assert_eq!(money("38").nanos(), 38_000_000_000);
        for bad in [
            "",
            ".5",
            "5.",
            "1e3",
            "-1",
            "+1",
            "0.0000000001",
            "1.2.3",
            " 1",
            "1,5",
            "٣",
        ] {
            assert_eq!(Money::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn rounds_a_half_to_the_even_cent() {
        for (exact, rounded) in [
            ("0.005", "0.00"),
            ("0.015", "0.02"),
            ("0.025", "0.02"),
            ("0.0250001", "0.03"),
            ("27.448", "27.45"),
        ] {
            assert_eq!(money(exact).rounded(), Some(money(rounded)), "{exact}");
            let negative = Money::from_nanos(-money(exact).nanos());
            assert_eq!(
                negative.rounded().map(Money::nanos),
                Some(-money(rounded).nanos()),
                "-{exact}"
            );
        }
    }

    #[test]
    fn shows_what_is_there() {
        assert_eq!(money("0.0416").to_string(), "0.0416");
        assert_eq!(money("38").to_string(), "38.00");
        assert_eq!(money("1234567.5").cents(), "1,234,567.50");
        assert_eq!(
            Currency::parse("USD")
                .unwrap()
                .show(Money::from_nanos(-1_500_000_000)),
            "-$1.50"
        );
        assert_eq!(Currency::parse("usd"), None);
    }

    #[test]
    fn percent_over_nothing_is_not_a_number() {
        assert_eq!(money("3").permille_over(money("2")), Some(500));
        assert_eq!(money("2").permille_over(money("3")), Some(-333));
        assert_eq!(money("2").permille_over(Money::ZERO), None);
    }

    proptest! {
        #[test]
        fn text_and_back_loses_no_nano(nanos in 0..i128::from(i64::MAX)) {
            let amount = Money::from_nanos(nanos);
            prop_assert_eq!(Money::parse(&amount.to_string()), Some(amount));
        }

        #[test]
        fn sums_lose_no_nano_before_the_rounding(parts in prop::collection::vec(0..i64::MAX, 0..50), times in 0..100_000i128) {
            let mut sum = Money::ZERO;
            for part in &parts {
                sum = sum.plus(Money::from_nanos(i128::from(*part)).times(times).unwrap()).unwrap();
            }
            prop_assert_eq!(sum.nanos(), parts.iter().map(|part| i128::from(*part)).sum::<i128>() * times);
        }

        #[test]
        fn rounding_moves_by_half_a_cent_at_most_and_only_once(nanos in i64::MIN..i64::MAX) {
            let exact = Money::from_nanos(i128::from(nanos));
            let rounded = exact.rounded().unwrap();
            prop_assert!((rounded.nanos() - exact.nanos()).abs() <= CENT / 2);
            prop_assert_eq!(rounded.rounded(), Some(rounded));
        }

        #[test]
        fn arithmetic_at_the_edge_is_refused_not_wrapped(nanos: i128, times: i128) {
            prop_assert_eq!(Money::from_nanos(nanos).times(times).map(Money::nanos), nanos.checked_mul(times));
            prop_assert_eq!(
                Money::from_nanos(nanos).minus(Money::from_nanos(times)).map(Money::nanos), nanos.checked_sub(times));
        }
    }
}
