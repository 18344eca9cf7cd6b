"""Two hundred varied texts on which a faster runtime is compared with float32.

Forty subjects, five forms of each: a heading, a question, a statement, a row of a table, a paragraph. No two
subjects are near, so that neighbours are a matter of meaning and not of chance.
"""

from __future__ import annotations

SUBJECTS = """
coffee machine|boiler, filter, descaling, grinder, milk foam, water tank, brewing, pressure
parental leave|employee, weeks, notice, payroll, birth, return to work, application, manager
volcano|lava, crater, eruption, ash, magma, tectonic plate, summit, island
chess opening|pawn, bishop, castling, gambit, centre, sacrifice, endgame, tournament
influenza|virus, fever, vaccine, infection, cough, hospital, winter, antibody
refund policy|parcel, receipt, money back, card, warehouse, days, postage, voucher
bicycle brakes|cable, lever, rim, pads, wheel, disc, hydraulic, adjustment
medieval castle|moat, tower, siege, knight, stone, drawbridge, lord, wall
database backup|server, restore, snapshot, disk, schedule, encryption, replica, log
apple orchard|tree, harvest, pruning, blossom, cider, frost, grafting, variety
train timetable|platform, ticket, departure, delay, carriage, station, conductor, line
violin|bow, string, orchestra, concerto, rosin, luthier, melody, tuning
mortgage|interest, bank, house, loan, instalment, deposit, term, valuation
coral reef|fish, algae, bleaching, ocean, polyp, lagoon, diver, temperature
washing machine|drum, spin, detergent, drain hose, programme, door seal, laundry, error
criminal trial|jury, judge, defendant, verdict, witness, evidence, prosecutor, appeal
satellite|orbit, launch, antenna, solar panel, signal, rocket, altitude, ground station
bread|flour, yeast, oven, dough, crust, kneading, salt, loaf
football match|goal, referee, penalty, striker, stadium, league, defender, whistle
password reset|account, e-mail, link, login, security, code, username, expiry
glacier|ice, meltwater, valley, moraine, climate, crevasse, snow, retreat
insurance claim|damage, policy, adjuster, premium, accident, photograph, excess, settlement
honey bees|hive, queen, pollen, nectar, swarm, beekeeper, wax, colony
oil painting|canvas, pigment, portrait, brush, museum, varnish, artist, landscape
wind turbine|blade, rotor, generator, gearbox, power grid, offshore, megawatt, maintenance
diabetes|insulin, glucose, diet, pancreas, blood sugar, injection, patient, doctor
wireless router|network, channel, antenna, firmware, password, modem, range, reboot
ancient Rome|emperor, senate, legion, forum, aqueduct, republic, gladiator, province
tax return|income, deduction, deadline, authority, form, allowance, refund, penalty
sailing boat|mast, keel, rudder, harbour, rope, wind, hull, anchor
dinosaur fossil|bone, sediment, skeleton, palaeontologist, extinction, jaw, desert, species
kitchen knife|steel, blade, sharpening, handle, cutting board, whetstone, edge, vegetable
electric car|battery, charger, range, motor, kilowatt hour, plug, driver, regenerative braking
public library|borrowing, shelf, reader, catalogue, librarian, fine, children, opening hours
earthquake|magnitude, fault, tremor, building, seismograph, tsunami, aftershock, rescue
mobile phone contract|data, minutes, roaming, network, monthly fee, cancellation, number, upgrade
vegetable garden|soil, compost, tomato, seedling, watering, weeds, greenhouse, slugs
opera|soprano, aria, stage, composer, libretto, conductor, audience, premiere
airport security|passport, luggage, boarding, liquids, scanner, gate, passenger, customs
python program|function, variable, loop, exception, module, list, interpreter, syntax error
"""
"""One subject a line, and what belongs to it."""


def probe_texts() -> list[str]:
    """Return the texts, five a subject, in a fixed order."""
    texts = []
    for number, line in enumerate(SUBJECTS.strip().splitlines()):
        name, _, listed = line.partition("|")
        a, b, c, d, e, f, g, h = listed.split(", ")
        texts += [
            f"{name.capitalize()}: {a}, {b} and {c}",
            f"What should I know about the {d} and the {e} of a {name}?",
            f"The {f} matters more than the {g} where the {name} is concerned.",
            f"{name}; {h}; {a}; {number + 2}; {17 * number + 4.5:.2f}; no. {9000 + number}",
            f"This chapter is about the {name}. It begins with the {b} and the {e}, and explains in "
            f"{number % 7 + 2} steps how {c} and {d} depend on each other. Nobody should forget the "
            f"{g}: since {1900 + 3 * number} most questions have been about the {h}, and about what "
            f"the {f} has to do with it. Where the {a} is missing, see the section on the {e}.",
        ]
    return texts
