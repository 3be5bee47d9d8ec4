//! Several numbers of one setting, written with commas between them.

use std::str::FromStr;

/// `A,B`.
pub fn pair<A: FromStr, B: FromStr>(text: &str) -> Result<(A, B), String> {
    let parsed = text.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    parsed.ok_or_else(|| format!("'{text}' is not two numbers with a comma between them"))
}

/// `A,B,C`.
pub fn triple<T: FromStr>(text: &str) -> Result<(T, T, T), String> {
    let values: Option<Vec<T>> = text.split(',').map(|value| value.trim().parse().ok()).collect();
    let triple = values.and_then(|values| <[T; 3]>::try_from(values).ok()).map(|[a, b, c]| (a, b, c));
    triple.ok_or_else(|| format!("'{text}' is not three numbers with commas between them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_values_of_one_setting() {
        assert_eq!(pair::<f32, usize>("0.6, 40"), Ok((0.6, 40)));
        assert!(pair::<f32, usize>("0.6").is_err());
        assert_eq!(triple("0.15,2,6"), Ok((0.15, 2.0, 6.0)));
        assert!(triple::<f32>("0.15,2,6,7").is_err() && triple::<f32>("0.15,x,6").is_err());
    }
}
