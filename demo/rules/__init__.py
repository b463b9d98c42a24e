"""What each query asks for, as rules over the truth of a product.

A rule never sees a title or a description: it is handed the facts that the text was written
from. Grades: 3 exactly what was asked, 2 good, 1 partly, 0 judged and not relevant.
"""
