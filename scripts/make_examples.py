"""Writes the sample documents of examples/support from the texts in scripts/examples_src.

The texts are the originals; run this after changing one. Dates are fixed, so that the same texts
give the same documents.
"""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import docx
import openpyxl
import pptx
from fpdf import FPDF
from pptx.util import Inches

HERE = Path(__file__).parent
SOURCE = HERE / "examples_src"
TARGET = HERE.parent / "examples" / "support"
DATE = datetime.datetime(2026, 1, 15, 9, 0, tzinfo=datetime.UTC)

PRICES = [
    ["Model", "Product", "Price (EUR)", "Energy class", "In stock", "Available from"],
    ["K200", "Kestrel K200 cordless vacuum cleaner", 189, "-", "yes", "now"],
    ["K300", "Kestrel K300 cordless vacuum and mop", 329, "-", "yes", "now"],
    ["K300 Plus", "Kestrel K300 with second battery dock", 379, "-", "no", "2 March 2026"],
    ["T5", "Tarn T5 electric kettle, 1.2 litres", 34.9, "-", "yes", "now"],
    ["T9", "Tarn T9 electric kettle, 1.7 litres, temperature choice", 59.9, "-", "yes", "now"],
    ["O50", "Orla O50 soundbar", 249, "-", "yes", "now"],
    ["O70", "Orla O70 soundbar with subwoofer", 449, "-", "no", "4 May 2026"],
    ["W8", "Brisk W8 washing machine, 8 kg", 499, "B", "yes", "now"],
    ["W10", "Brisk W10 washing machine, 10 kg", 649, "A", "yes", "now"],
    ["D12", "Brisk D12 dishwasher, 12 settings", 429, "D", "no", "16 February 2026"],
    ["L14", "Ledger L14 laptop, 16 GB memory, 512 GB disk", 899, "-", "yes", "now"],
    ["L16", "Ledger L16 laptop, 32 GB memory, 1 TB disk", 1349, "-", "yes", "now"],
]
SPARES = [
    ["Part number", "Part", "Fits", "Price (EUR)"],
    ["KP-201", "HEPA filter", "K200", 14.5],
    ["KP-204", "Brush roller", "K200", 22],
    ["KP-210", "Battery pack", "K200", 69],
    ["KP-214", "Mattress tool", "K200", 19.9],
    ["KP-301", "HEPA filter", "K300", 17.5],
    ["KP-305", "Mop pads, pack of three", "K300", 15.9],
    ["KP-390", "Floor cleaner, 500 ml", "K300", 8.9],
    ["TP-11", "Lid for kettle", "T5, T9", 6.5],
    ["BP-40", "Door seal", "W8, W10", 31],
    ["BP-52", "Cutlery basket", "D12", 18],
]
STORES_ZH = [
    ["门店", "地址", "营业时间", "电话", "停车"],
    [
        "上海静安店",
        "静安区南京西路 1688 号 2 楼",
        "10:00-22:00",
        "021-5550-1688",
        "商场停车,消费满 200 元免 2 小时",
    ],
    ["杭州西湖店", "西湖区文三路 315 号", "9:30-21:30", "0571-5550-0315", "无停车位"],
    ["苏州园区店", "工业园区星港街 199 号", "10:00-21:00", "0512-5550-0199", "门前 8 个免费车位"],
    [
        "南京新街口店",
        "秦淮区中山南路 88 号",
        "10:00-22:00",
        "025-5550-0088",
        "地下停车场,每小时 8 元",
    ],
    [
        "深圳福田店",
        "福田区深南大道 6001 号",
        "10:30-22:00",
        "0755-5550-6001",
        "商场停车,每小时 15 元",
    ],
]
HOLIDAYS_ZH = [
    ["节日", "安排"],
    ["春节", "除夕至初三休息,初四起 11:00 开门"],
    ["国庆节", "照常营业,延长至 22:30"],
    ["元旦", "12:00 开门"],
]


class Block(NamedTuple):
    """A heading (``level`` over 0), a paragraph, list items or table rows of a text."""

    kind: str
    lines: list[str]
    level: int = 0


def blocks(text: str) -> Iterator[Block]:
    """Give the blocks of a text in the small part of Markdown that the originals use."""
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = part.split("\n")
        if lines[0].startswith("#"):
            marks, _, words = lines[0].partition(" ")
            yield Block("heading", [words], len(marks))
        elif lines[0].startswith("|"):
            yield Block("table", [line for line in lines if not set(line) <= set("|- ")])
        elif re.match(r"\d+\. ", lines[0]):
            yield Block("steps", [re.sub(r"^\d+\. ", "", line) for line in lines])
        elif lines[0].startswith("- "):
            yield Block("items", [line[2:] for line in lines])
        else:
            yield Block("paragraph", [" ".join(lines)])


def cells(line: str) -> list[str]:
    """Return the cells of a table's row."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def read(name: str) -> str:
    """Return an original."""
    return (SOURCE / name).read_text(encoding="utf-8")


def write_html(name: str, target: str, language: str, menu: list[str], footer: str) -> None:
    """Write a page as a help centre would: a menu above, a footer below."""
    body = []
    for block in blocks(read(name)):
        lines = [html.escape(line) for line in block.lines]
        if block.kind == "heading":
            body.append(f"<h{block.level}>{lines[0]}</h{block.level}>")
        elif block.kind == "table":
            head, *rows = (cells(line) for line in lines)
            body.append(
                "<table><thead><tr>"
                + "".join(f"<th>{c}</th>" for c in head)
                + "</tr></thead><tbody>"
            )
            body += ["<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows]
            body.append("</tbody></table>")
        elif block.kind in ("steps", "items"):
            tag = "ol" if block.kind == "steps" else "ul"
            body.append(f"<{tag}>" + "".join(f"<li>{line}</li>" for line in lines) + f"</{tag}>")
        else:
            body.append(f"<p>{lines[0]}</p>")
    links = "".join(f'<li><a href="#">{html.escape(entry)}</a></li>' for entry in menu)
    title = next(blocks(read(name))).lines[0]
    page = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font-family:sans-serif}</style></head>\n<body>\n"
        f'<header class="site-header"><nav><ul>{links}</ul></nav></header>\n<main>\n'
        + "\n".join(body)
        + f"\n</main>\n<footer>{html.escape(footer)}</footer>\n</body>\n</html>\n"
    )
    (TARGET / target).write_text(page, encoding="utf-8")


def write_pdf(name: str, target: str) -> None:
    """Write a PDF with a running header and page numbers."""

    class Pages(FPDF):
        def header(self) -> None:
            self.set_font("Helvetica", size=8)
            self.cell(0, 6, "Marlow & Finch Electronics", align="R", new_x="LMARGIN", new_y="NEXT")
            self.ln(4)

        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("Helvetica", size=8)
            self.cell(0, 6, f"Page {self.page_no()}", align="C")

    pdf = Pages()
    pdf.set_creation_date(DATE)
    pdf.set_margins(22, 18, 22)
    pdf.set_auto_page_break(True, 24)
    pdf.add_page()
    for block in blocks(read(name)):
        if block.kind == "heading":
            pdf.ln(3)
            pdf.set_font("Helvetica", style="B", size={1: 18, 2: 13.5}.get(block.level, 12))
            pdf.multi_cell(0, 8, block.lines[0], new_x="LMARGIN", new_y="NEXT")
            pdf.set_font("Helvetica", size=11)
        elif block.kind == "table":
            pdf.set_font("Helvetica", size=11)
            with pdf.table(line_height=6.5) as table:
                for line in block.lines:
                    row = table.row()
                    for cell in cells(line):
                        row.cell(cell)
            pdf.ln(3)
        else:
            pdf.set_font("Helvetica", size=11)
            for number, line in enumerate(block.lines, 1):
                mark = {"steps": f"{number}. ", "items": "- "}.get(block.kind, "")
                pdf.multi_cell(0, 6, mark + line, new_x="LMARGIN", new_y="NEXT")
            pdf.ln(3)
    pdf.set_title(next(blocks(read(name))).lines[0])
    pdf.output(str(TARGET / target))


def write_docx(name: str, target: str) -> None:
    """Write a Word document with headings, lists and tables in their styles."""
    document = docx.Document()
    for block in blocks(read(name)):
        if block.kind == "heading":
            document.add_heading(block.lines[0], block.level)
        elif block.kind == "table":
            rows = [cells(line) for line in block.lines]
            table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    table.cell(at, column).text = cell
        else:
            style = {"steps": "List Number", "items": "List Bullet"}.get(block.kind)
            for line in block.lines:
                document.add_paragraph(line, style=style)
    properties = document.core_properties
    properties.title = next(blocks(read(name))).lines[0]
    properties.author = "Marlow & Finch"
    properties.created = properties.modified = DATE.replace(tzinfo=None)
    document.save(str(TARGET / target))


def write_pptx(name: str, target: str) -> None:
    """Write a presentation: a slide a heading."""
    show = pptx.Presentation()
    title, *rest = blocks(read(name))
    first = show.slides.add_slide(show.slide_layouts[0])
    first.shapes.title.text = title.lines[0]
    slide = first
    for block in rest:
        if block.kind == "heading":
            slide = show.slides.add_slide(show.slide_layouts[1])
            slide.shapes.title.text = block.lines[0]
        elif block.kind == "table":
            rows = [cells(line) for line in block.lines]
            frame = slide.shapes.add_table(
                len(rows), len(rows[0]), Inches(0.5), Inches(2), Inches(9), Inches(3)
            )
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    frame.table.cell(at, column).text = cell
        else:
            slide.placeholders[1].text_frame.text = "\n".join(block.lines)
    show.core_properties.title = title.lines[0]
    show.core_properties.author = "Marlow & Finch"
    show.core_properties.created = show.core_properties.modified = DATE.replace(tzinfo=None)
    show.save(str(TARGET / target))


def write_xlsx(target: str, sheets: dict[str, list[list[object]]]) -> None:
    """Write a workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.properties.created = book.properties.modified = DATE.replace(tzinfo=None)
    book.save(TARGET / target)


def write_eml(name: str, target: str, sender: str, receiver: str, subject: str, date: str) -> None:
    """Write a mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = sender, receiver, subject, date
    mail["Message-ID"] = f"<{Path(target).stem}@marlowfinch.example>"
    mail.set_content(read(name))
    (TARGET / target).write_bytes(mail.as_bytes())


def main() -> None:
    """Write every sample document."""
    TARGET.mkdir(parents=True, exist_ok=True)
    copied = (
        "returns",
        "stores-and-hours",
        "repairs",
        "loyalty",
        "trade-in",
        "complaints",
        "installation",
    )
    for name in copied:
        (TARGET / f"{name}.md").write_text(read(f"{name}.md"), encoding="utf-8")
    for source, target in (("zh-returns", "退换货政策"), ("zh-membership", "会员计划")):
        (TARGET / f"{target}.md").write_text(read(f"{source}.md"), encoding="utf-8")
    for name in ("returns.md", "repairs.md", "退换货政策.md"):  # what `models test` asks about
        (HERE.parent / "qa_bot" / "evaluation" / "sample" / name).write_bytes(
            (TARGET / name).read_bytes()
        )
    menu = ["Home", "Orders", "My account", "Help", "Contact"]
    footer = "Marlow & Finch Electronics Ltd, Limerick. Imprint. Terms. Privacy."
    for name in ("delivery", "privacy", "gift-cards", "payment"):
        write_html(f"{name}.md", f"{name}.html", "en", menu, footer)
    write_html(
        "zh-delivery.md", "配送说明.html", "zh", ["首页", "订单", "客服"], "马洛芬奇中国 版权所有"
    )
    for name in ("warranty", "manual-kestrel-k200", "manual-kestrel-k300"):
        write_pdf(f"{name}.md", f"{name}.pdf")
    for name in ("handbook-leave", "handbook-staff-rules", "business-accounts"):
        write_docx(f"{name}.md", f"{name}.docx")
    write_docx("zh-manual-p50.md", "空气净化器P50使用手册.docx")
    write_pptx("training-phone.md", "training-phone.pptx")
    write_xlsx("price-list.xlsx", {"Prices": PRICES, "Spare parts": SPARES})
    write_xlsx("门店信息.xlsx", {"门店": STORES_ZH, "节假日": HOLIDAYS_ZH})
    write_eml(
        "recall.txt",
        "recall-tarn-t7.eml",
        "Roisin Keane <r.keane@marlowfinch.example>",
        "All staff <all@marlowfinch.example>",
        "Safety recall: Tarn T7 kettle",
        "Mon, 06 Oct 2025 08:15:00 +0100",
    )
    write_eml(
        "supplier.txt",
        "supplier-orla-o50.eml",
        "Ingrid Halvorsen <ingrid@orla.example>",
        "Declan Foley <d.foley@marlowfinch.example>",
        "Re: Questions about the Orla O50 soundbar",
        "Thu, 08 Jan 2026 11:42:00 +0100",
    )
    print(f"{len(list(TARGET.iterdir()))} documents in {TARGET.name}")


if __name__ == "__main__":
    main()
