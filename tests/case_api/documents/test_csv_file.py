"""What goes into a table comes out of it, and no spreadsheet runs it."""

from __future__ import annotations

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from case_api.documents.csv_file import csv_file

PLAIN = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
CELLS = PLAIN | st.sampled_from(["=1+1", " @SUM(1)", "＝1", "\t-1"])


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
@example([('=HYPERLINK("http://x","王")', "行,\n")])
def test_whatever_goes_in_reads_back_and_is_no_formula(rows: list[tuple[str, str]]) -> None:
    data = csv_file(("收款人", "附言"), rows)
    assert data.startswith(b"\xef\xbb\xbf")
    header, *found = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header == ["收款人", "附言"]
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [[cell.removeprefix("'") for cell in row] for row in rows]
    assert not any(cell.lstrip().startswith(tuple("=+-@＝＋－＠")) for row in found for cell in row)
