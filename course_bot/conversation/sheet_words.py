"""What is said of statistics sheets: of files, columns, cells and figures."""

from course_bot.conversation.listing import cut
from course_bot.locale.phrases import Phrases
from course_bot.sheets.figures import Field, Measure, Refusal, RowFault, RowProblem

HEADING_CHARS = 60
"""How much of a heading is said where a fault is told."""


def measure_name(p: Phrases, measure: Measure) -> str:
    """Name what is counted of a group."""
    return {
        Measure.EXPECTED: p.t("should be there (OO-1)"),
        Measure.REGISTERED: p.t("registered"),
        Measure.LINKED: p.t("linked with the journal"),
        Measure.ACTIVE: p.t("active"),
    }[measure]


def field_name(p: Phrases, field: Field) -> str:
    """Name a column as the sheet's heading has it."""
    return {
        Field.DAY: p.t("Date"),
        Field.SFERUM_ID: p.t("ID of the organisation"),
        Field.NAME: p.t("Short name"),
        Field.MUNICIPALITY: p.t("Municipality"),
        Field.REGION: p.t("Region"),
        Field.EXPECTED: p.t("Teachers, pupils and parents in the school in all"),
        Field.REGISTERED: p.t("Registrations in the school in all"),
        Field.TEACHERS_EXPECTED: p.t("Teachers in the school in all"),
        Field.TEACHERS_REGISTERED: p.t("Teachers registered in Sferum"),
        Field.TEACHERS_LINKED: p.t("Teachers who linked their journal accounts"),
        Field.TEACHERS_ACTIVE: p.t("Active teachers"),
        Field.PUPILS_EXPECTED: p.t("Pupils in the school in all"),
        Field.PUPILS_REGISTERED: p.t("Pupils registered in Sferum"),
        Field.PUPILS_LINKED: p.t("Pupils who linked their journal accounts"),
        Field.PUPILS_ACTIVE: p.t("Active pupils"),
        Field.PARENTS_EXPECTED: p.t("Parents in the school in all"),
        Field.PARENTS_REGISTERED: p.t("Parents registered in Sferum"),
        Field.PARENTS_LINKED: p.t("Parents who linked their journal accounts"),
        Field.PARENTS_ACTIVE: p.t("Active parents"),
    }[field]


def fault_words(p: Phrases, fault: RowFault) -> str:
    """Say what is wrong in a row, where, and what would be right (plain text)."""
    where = p.t("Row {row}", row=fault.row)
    if fault.heading:
        heading = cut(fault.heading, HEADING_CHARS)
        where = p.t("Row {row}, “{heading}”", row=fault.row, heading=heading)
    said = f"{where}: {fault.value}" if fault.value else where
    return f"{said} — {_problem(p, fault.problem)}"


def _problem(p: Phrases, problem: RowProblem) -> str:
    return {
        RowProblem.NOT_A_NUMBER: p.t("a whole number of people should stand here"),
        RowProblem.SHARE: p.t("a number of people should stand here, and not percent"),
        RowProblem.TOO_LARGE: p.t("there are not so many people"),
        RowProblem.FORMULA: p.t("a formula without its result: open the file in Excel, save it"),
        RowProblem.NOT_A_DATE: p.t("a date like 30.10.2025 should stand here"),
        RowProblem.NO_DATE: p.t("there is no date, and the row can’t be kept without it"),
        RowProblem.FUTURE: p.t("this day is still to come"),
        RowProblem.NO_ID: p.t("there is no ID, so it is not known whose row it is"),
        RowProblem.SHORTENED_ID: p.t(
            "Excel has shortened the ID: make the column wider, or set its format to “Number”"
        ),
        RowProblem.TWICE: p.t("this school is there twice on this day, with different figures"),
    }[problem]


def refusal_words(p: Phrases, refusal: Refusal) -> str:
    """Say why a file can't be read, and what would be right."""
    return {
        Refusal.TOO_LARGE: p.html(
            "It is larger than 5 MB, and a statistics sheet is much smaller. Please send just the"
            " sheet, as it was downloaded."
        ),
        Refusal.OLD_EXCEL: p.html(
            "This is a file of an old Excel (.xls). Open it in Excel, choose “Save as”, take"
            " “Excel Workbook (.xlsx)”, and send me the new file."
        ),
        Refusal.OPEN_DOCUMENT: p.html(
            "This is a table of LibreOffice (.ods). Open it there, choose “Save as”, take “Excel"
            " 2007–365 (.xlsx)”, and send me the new file."
        ),
        Refusal.PDF: p.html(
            "This is a PDF, and figures can’t be read from it for sure. Please send the sheet"
            " itself: Excel (.xlsx) or CSV, as it was downloaded."
        ),
        Refusal.PICTURE: p.html(
            "This is a picture, and figures can’t be read from it for sure. Please send the sheet"
            " itself: Excel (.xlsx) or CSV, as it was downloaded."
        ),
        Refusal.OTHER: p.html(
            "This is no table that I know. I read Excel (.xlsx) and CSV: the sheet as it was"
            " downloaded, without an archive."
        ),
        Refusal.PASSWORD: p.html(
            "The file is locked by a password. Open it in Excel, choose “File” → “Info” →"
            " “Protect Workbook”, take the password away, save it, and send it again."
        ),
        Refusal.DAMAGED: p.html(
            "The file is damaged, or did not arrive whole. Please download the sheet once more and"
            " send that."
        ),
        Refusal.SWOLLEN: p.html(
            "There is much more in this file than in a statistics sheet. Copy the sheet alone into"
            " a new workbook, save it as .xlsx, and send me that."
        ),
        Refusal.EMPTY: p.html(
            "The file is empty. Please download the sheet once more, look into it, and send it."
        ),
        Refusal.NO_HEADINGS: p.html(
            "It is a table, but I don’t find the headings of the statistics sheet in it, such as"
            " “Teachers in the school in all”. Please send the sheet as it was downloaded, with"
            " its headings."
        ),
        Refusal.NO_ROWS: p.html(
            "The headings are there, and no school below them. Please download the sheet once"
            " more: there should be a row for each school."
        ),
        Refusal.FAILED: p.html(
            "I have not managed to read it this time, and nothing is lost. Please send it once"
            " more. If that does not help, save it in Excel as CSV and send that."
        ),
    }[refusal]
