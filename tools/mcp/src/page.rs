//! Pages of lists. Cursors are opaque and signed: a changed one is refused, not misread.

use rmcp::ErrorData;
use rmcp::model::{PaginatedRequestParams, RequestStateCodec};

/// How many items a page has.
pub(crate) const PAGE_ITEMS: usize = 100;

/// The page of `items` that `request` asks for, and the cursor of the next one. `list` names the list, so that
/// a cursor of one list does not open another.
pub(crate) fn page<T>(
    codec: &RequestStateCodec,
    list: &str,
    items: Vec<T>,
    request: Option<&PaginatedRequestParams>,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let cursor = request
        .and_then(|request| request.cursor.as_deref())
        .filter(|cursor| !cursor.is_empty());
    let start = match cursor {
        None => 0,
        Some(cursor) => open(codec, list, cursor)?,
    };
    let total = items.len();
    let page: Vec<T> = items.into_iter().skip(start).take(PAGE_ITEMS).collect();
    let end = start + page.len();
    let next = (end < total && !page.is_empty()).then(|| seal(codec, list, end));
    Ok((page, next))
}

fn seal(codec: &RequestStateCodec, list: &str, start: usize) -> String {
    let options = rmcp::model::SealOptions::new().associated_data(list.as_bytes());
    codec.seal_with(start.to_string().as_bytes(), &options)
}

fn open(codec: &RequestStateCodec, list: &str, cursor: &str) -> Result<usize, ErrorData> {
    codec
        .open_with(cursor, list.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            let hint =
                serde_json::json!({"next": "list again without a cursor; cursors end with the server"});
            ErrorData::invalid_params("the cursor is not one of this list", Some(hint))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec() -> RequestStateCodec {
        RequestStateCodec::new_unchecked(vec![7_u8; 32])
    }

    #[test]
    fn pages_cover_the_list_once_in_order() {
        let (codec, items) = (codec(), (0..250).collect::<Vec<u32>>());
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let request = PaginatedRequestParams::default().with_cursor(cursor.clone());
            let (page, next) = page(&codec, "tools", items.clone(), Some(&request)).unwrap();
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn a_changed_or_foreign_cursor_is_refused() {
        let codec = codec();
        let (_, next) = page(&codec, "tools", vec![0; 250], None).unwrap();
        let next = next.unwrap();
        for (list, cursor) in [
            ("prompts", next.clone()),
            ("tools", format!("{next}x")),
            ("tools", "garbage".to_owned()),
        ] {
            let request = PaginatedRequestParams::default().with_cursor(Some(cursor));
            assert!(page(&codec, list, vec![0; 250], Some(&request)).is_err());
        }
        let empty = PaginatedRequestParams::default().with_cursor(Some(String::new()));
        assert!(page(&codec, "tools", vec![0; 250], Some(&empty)).is_ok());
    }
}
