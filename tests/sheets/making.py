"""Workbooks made of their XML, as programs write them that no library imitates, and bad ones."""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

TRANSITIONAL = "http://schemas.openxmlformats.org"
STRICT = "http://purl.oclc.org/ooxml"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def zipped(parts: Mapping[str, str | bytes], compression: int = ZIP_DEFLATED) -> bytes:
    """Make a ZIP of parts by their names."""
    stream = BytesIO()
    with ZipFile(stream, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def relations(*kinds_and_targets: tuple[str, str], base: str = TRANSITIONAL) -> str:
    """Make a part of relations with the references rId1, rId2, …"""
    kind = f"{base}/officeDocument/2006/relationships"
    if base == STRICT:
        kind = f"{base}/officeDocument/relationships"
    return (
        f'{DECLARED}<Relationships xmlns="{TRANSITIONAL}/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{kind}/{name}" Target="{target}"/>'
            for number, (name, target) in enumerate(kinds_and_targets, 1)
        )
        + "</Relationships>"
    )


def parts_of(
    rows: str,
    *,
    strings: str = "",
    styles: str = "",
    properties: str = "",
    sheets: str = '<sheet name="Лист1" sheetId="1" r:id="rId1"/>',
    after: str = "",
    base: str = TRANSITIONAL,
) -> dict[str, str | bytes]:
    """Make the parts of a workbook.

    Args:
        rows: what is in ``sheetData``.
        strings: what is in the table of shared texts; there is none without.
        styles: what is in the stylesheet.
        properties: the workbook's element before its sheets.
        sheets: the sheets; rId1 is the one with the rows, rId4 an empty one, rId5 a chart.
        after: what follows the rows.
        base: whether names are those of Transitional or of Strict OOXML.
    """
    main = f"{base}/spreadsheetml/main"
    refers = f"{base}/officeDocument/relationships"
    if base == TRANSITIONAL:
        main = f"{base}/spreadsheetml/2006/main"
        refers = f"{base}/officeDocument/2006/relationships"
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f"{DECLARED}<Types/>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml"), base=base),
        "xl/workbook.xml": f'{DECLARED}<workbook xmlns="{main}" xmlns:r="{refers}">'
        f"{properties}<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("sharedStrings", "sharedStrings.xml") if strings else ("theme", "theme.xml"),
            ("styles", "styles.xml") if styles else ("theme", "theme.xml"),
            ("worksheet", "worksheets/sheet2.xml"),
            ("chartsheet", "chartsheets/sheet3.xml"),
            base=base,
        ),
        "xl/worksheets/sheet1.xml": f'{DECLARED}<worksheet xmlns="{main}">'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>",
        "xl/worksheets/sheet2.xml": f'{DECLARED}<worksheet xmlns="{main}"/>',
        "xl/chartsheets/sheet3.xml": f'{DECLARED}<chartsheet xmlns="{main}"/>',
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f'{DECLARED}<sst xmlns="{main}">{strings}</sst>'
    if styles:
        parts["xl/styles.xml"] = f'{DECLARED}<styleSheet xmlns="{main}">{styles}</styleSheet>'
    return parts


def row_of(*cells: str) -> str:
    """Make a row of cells, none of which says where it is."""
    return f"<row>{''.join(cells)}</row>"


def text(value: str) -> str:
    """Make a cell with its text in it."""
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def number(value: object, style: int = 0) -> str:
    """Make a cell with a number."""
    return f'<c s="{style}"><v>{value}</v></c>'
